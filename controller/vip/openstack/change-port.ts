import {CloudFailed} from '../cloud.ts';
import {OpenStackRefused} from './failure.ts';
import {type Neutron, namePort, type Port, type PortChange} from './neutron.ts';

/** Others change the port as well, now and then; nobody does it all the time. */
const mostRounds = 8;

/**
 * Changes a port until a fresh look finds nothing left to change: what `decide` returns undefined for. Every change
 * carries the revision it was decided on. Where somebody was faster (412), and where nobody knows whether a change
 * arrived, the next look decides again: two controllers never overwrite each other.
 */
export const changePort = async (
  neutron: Neutron,
  id: string,
  decide: (port: Port) => PortChange | undefined,
): Promise<Port> => {
  for (let round = 0; ; round += 1) {
    const port = await neutron.getPort(id);
    const change = decide(port);
    if (change === undefined) return port;
    if (round === mostRounds) throw neverQuiet(namePort(port));
    await unlessOutrun(neutron.updatePort(port, change));
  }
};

/** Somebody else's change came first: not an error, the next look decides. */
export const unlessOutrun = async (update: Promise<unknown>): Promise<void> => {
  try {
    await update;
  } catch (error) {
    if (!(error instanceof OpenStackRefused && error.status === 412)) throw error;
  }
};

export const neverQuiet = (what: string): CloudFailed =>
  new CloudFailed(
    `openstack: ${what} does not keep what is written: after ${mostRounds} changes it still shows something else`,
    {
      hint: 'find out what else changes it: another controller, keepalived, a Heat stack, Terraform',
      isWorthAnotherTry: false,
    },
  );
