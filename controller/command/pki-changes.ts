import type {CertificateFacts} from '../pki/facts.ts';
import {nameOf} from '../pki/find-certificates.ts';
import {listCertificates} from '../pki/list.ts';
import {renew} from '../pki/renew.ts';
import {revoke} from '../pki/revoke.ts';
import {CommandMisused} from './command-misused.ts';
import type {CommandEnvironment} from './environment.ts';
import {directoryOf, type PkiOptions, parseDays, sayDate, sayWhatToCopy} from './pki.ts';

export interface RenewCommandOptions extends PkiOptions {
  readonly all?: boolean;
  readonly within?: string;
}

/** Issues anew what ends soon, or what is named. */
export const renewCertificates = async (
  names: readonly string[],
  options: RenewCommandOptions,
  environment: CommandEnvironment,
): Promise<number> => {
  const {tell} = environment;
  const {all = false, within = '30', days} = options;
  if (all && names.length > 0) throw new CommandMisused('--all and names exclude each other', 'give one of them');
  const dir = directoryOf(options, environment);
  const withinDays = all ? Number.POSITIVE_INFINITY : parseDays(within, '--within');
  const renewals = await renew(dir, {names, withinDays, ...(days !== undefined && {days: parseDays(days)})});
  for (const {before, after} of renewals) {
    tell(`renewed ${nameOf(after)}, good until ${sayDate(after.notAfter)}: ${after.file}`);
    for (const line of sayNext(before, after, dir)) tell(line);
  }
  if (renewals.length === 0) tell(`nothing in ${dir} ends within ${withinDays} days`);
  return 0;
};

const sayNext = (before: CertificateFacts, after: CertificateFacts, dir: string): readonly string[] => {
  if (after.kind === 'ca')
    return [
      '  copy it to every host as /etc/mha-helper/pki/ca.crt; what it has issued stays good, so there is no haste',
    ];
  const old = `  the one before stays good until ${sayDate(before.notAfter)}; to end it: mha-helper pki revoke ${before.serial.toLowerCase()}`;
  return after.kind === 'agent' ? [...sayWhatToCopy(after, dir), old] : [old];
};

/** Puts certificates on the revocation list. */
export const revokeCertificates = async (
  wanted: readonly string[],
  options: PkiOptions,
  environment: CommandEnvironment,
): Promise<number> => {
  const {tell} = environment;
  const dir = directoryOf(options, environment);
  const {file, added, total, certificates} = await revoke(dir, wanted);
  for (const serial of added) tell(`revoked ${serial}${sayWhose(serial, certificates)}`);
  if (added.length === 0) tell('nothing new: all of these were revoked before');
  tell(`${file} names ${total} ${total === 1 ? 'certificate' : 'certificates'} now`);
  tell('  copy it to every host as /etc/mha-helper/pki/crl.pem; agents follow it within a second, without a restart');
  const current = (await listCertificates(dir)).certificates.filter(({serial}) => added.includes(serial.toLowerCase()));
  for (const facts of current)
    tell(`  ${nameOf(facts)} is without a good certificate now: mha-helper pki renew ${nameOf(facts)}`);
  return 0;
};

const sayWhose = (serial: string, certificates: readonly CertificateFacts[]): string => {
  const known = certificates.find(one => one.serial.toLowerCase() === serial);
  return known === undefined ? '' : ` (${nameOf(known)})`;
};
