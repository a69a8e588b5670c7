import type {Demote, OperateRequest, Vip} from '../../proto/gen/mha_helper/v1/agent.ts';
import type {AllowedVip} from '../config/agent-config.ts';
import type {Instance} from '../mysql/instance.ts';
import type {Detections} from '../network/detect-duplicate.ts';
import type {Network} from '../network/network.ts';
import {readVipStatuses} from '../network/read-addresses.ts';
import {acquireVip} from '../operation/acquire-vip.ts';
import {demote} from '../operation/demote.ts';
import {holdReadOnly} from '../operation/hold-read-only.ts';
import type {Intent} from '../operation/operation.ts';
import {promote} from '../operation/promote.ts';
import {releaseVip} from '../operation/release-vip.ts';
import {requireAllowed} from './allowed.ts';

export interface IntentMeans {
  readonly instances: ReadonlyMap<number, Instance>;
  readonly network: Network;
  readonly allowedVips: readonly AllowedVip[];
  readonly detections: Detections;
}

type IntentInstruction = Exclude<OperateRequest['instruction'], undefined | {$case: 'open'} | {$case: 'commit'}>;

/** The table of intents: what the wire calls it, and the act behind it. */
export const toIntent = (instruction: IntentInstruction, means: IntentMeans): Intent => {
  switch (instruction.$case) {
    case 'holdReadOnly':
      return {
        ...{name: 'HoldReadOnly', touchesInstance: true, makesMaster: false},
        run: context => holdReadOnly(context, instruction.value),
      };
    case 'demote':
      return demoteIntent(instruction.value, means);
    case 'promote':
      return {...writesIntent('Promote'), makesMaster: true, run: context => promote(context, instruction.value)};
    case 'releaseVip':
      return vipIntent('ReleaseVip', instruction.value.vips, means, context => releaseVip(context, instruction.value));
    case 'acquireVip':
      return vipIntent('AcquireVip', instruction.value.vips, means, context =>
        acquireVip(context, instruction.value, means.detections),
      );
  }
};

const writesIntent = (name: string) => ({name, touchesInstance: true, decidesWrites: true}) as const;

const demoteIntent = (request: Demote, means: IntentMeans): Intent => {
  const {superReadOnly, excludeUsers, pendingOnFailure} = request;
  return {
    ...writesIntent('Demote'),
    makesMaster: false,
    pendingOnFailure: pendingOnFailure ? {superReadOnly, excludeUsers} : undefined,
    run: async context => {
      if (request.closes.length > 0) requireAllowed(request.closes, means.allowedVips);
      return demote(context, request);
    },
  };
};

const vipIntent = (
  name: string,
  vips: readonly Vip[],
  {network, allowedVips}: IntentMeans,
  act: Intent['run'],
): Intent => ({
  name,
  touchesInstance: false,
  makesMaster: name === 'AcquireVip',
  run: async context => {
    requireAllowed(vips, allowedVips);
    return act(context);
  },
  vips: () => readVipStatuses(network, vips, AbortSignal.timeout(1000)),
});
