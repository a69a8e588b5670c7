import type {HostConfig} from '../../controller/config/cluster-config.ts';
import type {VipProvider} from '../../controller/vip/provider.ts';
import {HostAddresses} from '../fakes/host-addresses.ts';
import type {OpenOperation, VipStage} from './vip-provider.ts';

export interface CloudStageOptions {
  readonly provider: VipProvider;
  /** To whom the API gives the VIP, asked beside the provider: host names, or 'stranger'. */
  readonly apiHolders: () => Promise<readonly string[]>;
  readonly giveToStranger?: (() => Promise<void>) | undefined;
  readonly hang?: (() => Promise<void>) | undefined;
}

/** A stage for a provider with an API: hosts db1 and db2, whose addresses an agent's stand-in moves. */
export const cloudStage = ({provider, apiHolders, ...more}: CloudStageOptions): VipStage => {
  const addresses = new HostAddresses();
  const names = {a: 'db1', b: 'db2'} as const;
  const letters: Readonly<Record<string, string>> = {db1: 'a', db2: 'b'};
  const open: VipStage['open'] = (letter, {mayTakeFrom = [], leftMs = 30_000} = {}): OpenOperation => {
    const name = names[letter];
    const operation = addresses.open(name);
    const undos: ((signal: AbortSignal) => Promise<unknown>)[] = [];
    return {
      host: {
        config: hostConfig(name),
        intent: instruction => operation.intent(instruction),
        leftMs,
        mayTakeFrom: mayTakeFrom.map(one => names[one]),
        willChange: async (_, undo) => void undos.push(undo),
      },
      undo: async () => {
        for (const undo of undos.toReversed()) await undo(AbortSignal.timeout(20_000));
        operation.undo();
      },
    };
  };
  return {
    provider,
    open,
    holders: async () => {
      const onHosts = provider.cidrs.flatMap(cidr => addresses.holdersOf(cidr));
      const all = new Set([...(await apiHolders()), ...onHosts]);
      // who has only half of it is no holder, and must not pass for none
      const isWhole = (name: string) =>
        name === 'stranger' || provider.cidrs.every(cidr => addresses.of(name).has(cidr));
      const api = new Set(await apiHolders());
      return [...all].map(name => `${letters[name] ?? name}${isWhole(name) && api.has(name) ? '' : ' (half)'}`);
    },
    ...more,
  };
};

/** As the configuration would have it: the interface is what a provider needs of it. */
export const hostConfig = (name: string): HostConfig => ({
  name,
  port: 3306,
  portIsExplicit: false,
  agent: {address: name, addressIsExplicit: false, port: 7306},
  ip: undefined,
  clusterInterface: 'eth0',
  superReadOnly: false,
  killAfterMs: 0,
  requiresSudo: false,
  requiresArping: true,
  excludeUsers: [],
  report: {
    recipients: [],
    smtp: {host: 'localhost', port: 25, account: undefined},
    webhook: undefined,
    command: undefined,
  },
});
