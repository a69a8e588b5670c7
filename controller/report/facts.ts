import {packageVersion} from '../../proto/version.ts';
import {composeText} from './compose-report.ts';
import type {Notice} from './notice.ts';

/** What a program is told of a notice: format `json` of the webhook, and the standard input of report_command. */
export const factsOf = (notice: Notice) => {
  const {account} = notice;
  return {
    id: notice.id,
    time: new Date(notice.atMs).toISOString(),
    manager: notice.manager,
    version: packageVersion,
    event: notice.event,
    result: notice.result,
    cluster: notice.cluster,
    failover: notice.failover ?? null,
    old_master: notice.oldMaster,
    new_master: notice.newMaster ?? null,
    fencing: account?.fencing.fencing ?? null,
    fencing_because: account?.fencing.because ?? null,
    vips: (account?.vips ?? []).map(({cidr, holders}) => ({cidr, holders: holders ?? null})),
    notes: account?.notes ?? [],
    delayed: notice.isDelayed === true,
    subject: notice.subject,
    text: composeText(notice),
  };
};

/** The main facts as environment of report_command. */
export const environmentOf = (notice: Notice): Record<string, string> => ({
  MHA_HELPER_ID: notice.id,
  MHA_HELPER_EVENT: notice.event,
  MHA_HELPER_RESULT: notice.result,
  MHA_HELPER_CLUSTER: notice.cluster,
  MHA_HELPER_FAILOVER: notice.failover ?? '',
  MHA_HELPER_OLD_MASTER: notice.oldMaster,
  MHA_HELPER_NEW_MASTER: notice.newMaster ?? '',
  MHA_HELPER_FENCING: notice.account?.fencing.fencing ?? '',
  MHA_HELPER_SUBJECT: notice.subject,
});

/** How much it matters, in PagerDuty's words. */
export const severityOf = ({result, account}: Notice): 'critical' | 'error' | 'warning' => {
  if (result === 'failed' || result === 'not_put_back') return 'critical';
  if (account?.fencing.fencing === 'unknown') return 'critical';
  return account !== undefined && account.notes.length > 0 ? 'error' : 'warning';
};
