import {formatCidr, sameCidr} from '../network/address.ts';
import {CommandFailed} from '../network/command.ts';
import type {Network} from '../network/network.ts';
import {type HeldAddress, type Interface, wouldLose} from '../network/read-addresses.ts';
import {Refused} from '../refusal.ts';

/** Refuses (`WOULD_LOSE_ADDRESS`) when removing these would take others along that are not to go. */
export const refuseToLose = async (
  network: Network,
  interfaces: readonly Interface[],
  going: readonly HeldAddress[],
): Promise<void> => {
  for (const held of going) {
    const lost = (await wouldLose(network, interfaces, held)).filter(
      other => !going.some(each => each.interface === other.interface && sameCidr(each, other)),
    );
    if (lost.length === 0) continue;
    const names = lost.map(formatCidr).join(', ');
    throw new Refused(
      'WOULD_LOSE_ADDRESS',
      `removing ${formatCidr(held)} from ${held.interface} would remove ${names} too (promote_secondaries = 0)`,
      {hint: `sysctl -w net.ipv4.conf.${held.interface}.promote_secondaries=1, and set it in /etc/sysctl.d`},
    );
  }
};

/** Translates a failed command, once, with what was to be done. */
export const couldNot = (what: string, cause: unknown): Error => {
  if (!(cause instanceof CommandFailed)) return cause instanceof Error ? cause : new Error(String(cause));
  return new Refused('COMMAND_FAILED', `could not ${what}: ${cause.message}`, {hint: cause.hint, cause});
};

export const notVerified = (what: string, shown: string): Refused =>
  new Refused('NOT_VERIFIED', `tried to ${what}, but ${shown}`, {hint: 'look at: ip addr show'});
