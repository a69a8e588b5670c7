import type {ReportConfig} from '../config/cluster-config.ts';
import type {Channel} from './channel.ts';
import {commandChannel} from './command.ts';
import {mailChannel} from './mail.ts';
import {webhookChannel} from './webhook.ts';

/** The ways that a configuration knows to tell people; none: nobody is told. */
export const channelsOf = (config: ReportConfig): readonly Channel[] => [
  ...(config.recipients.length === 0 ? [] : [mailChannel(config)]),
  ...(config.webhook === undefined ? [] : [webhookChannel(config.webhook)]),
  ...(config.command === undefined ? [] : [commandChannel(config.command)]),
];
