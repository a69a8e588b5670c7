import {packageVersion} from '../../proto/version.ts';
import type {WebhookConfig} from '../config/cluster-config.ts';
import {composeText} from './compose-report.ts';
import {factsOf, severityOf} from './facts.ts';
import type {Notice} from './notice.ts';

/** What is posted, as JSON text. */
export const webhookBody = (notice: Notice, format: WebhookConfig['format'], key: string | undefined): string =>
  JSON.stringify(bodies[format](notice, key));

const bodies: Readonly<Record<WebhookConfig['format'], (notice: Notice, key: string | undefined) => unknown>> = {
  json: factsOf,
  slack: notice => ({
    text: cut(`${forSlack(notice.subject)}\n${forSlack(composeText(notice))}`, mostOfSlack),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  }),
  pagerduty: (notice, key) => ({
    routing_key: key,
    event_action: 'trigger',
    // Sent twice, it is one incident.
    dedup_key: notice.id,
    client: `mha-helper ${packageVersion}`,
    payload: {
      summary: cut(notice.subject || `${notice.event} of cluster ${notice.cluster}`, mostOfSummary),
      source: notice.oldMaster || notice.manager,
      severity: severityOf(notice),
      timestamp: new Date(notice.atMs).toISOString(),
      component: notice.cluster,
      class: notice.event,
      custom_details: {...factsOf(notice), text: cut(composeText(notice), mostOfDetails)},
    },
  }),
};

/** Slack cuts at 40,000 characters, PagerDuty refuses a summary above 1,024 and an event above 512 KiB. */
const mostOfSlack = 12_000;
const mostOfSummary = 1024;
const mostOfDetails = 60_000;

/** Slack's own escapes: without them MHA's words could call a whole channel (`<!channel>`), or hide a link. */
const forSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
