import {toLine} from '../terminal/plain.ts';

/** What a line of MHA's output tells the person who waits. */
export type MhaLine =
  /** MHA is about to run our hook. It says so before it does. */
  | {readonly kind: 'hook'; readonly command: 'stop' | 'start'}
  /** To be kept on the screen. */
  | {readonly kind: 'said'; readonly text: string}
  /** What goes on now; the next line replaces it. */
  | {readonly kind: 'doing'; readonly text: string}
  /** Between these two MHA has made the old master a replica of nobody, to look at its filters; it must not end there. */
  | {readonly kind: 'delicate' | 'safe'}
  | {readonly kind: 'nothing'};

/**
 * Makes sense of MHA's output with that of our hooks in it. Lines that carry an account are never shown, whatever MHA
 * masks in them.
 */
export const readMhaLine = (line: string): MhaLine => {
  const [, level, text = ''] = /^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4} - \[(\w+)\](?:\[[^\]]*\])? ?(.*)$/.exec(line) ?? [];
  if (level !== undefined) return readMha(level, text);
  return readHook(line);
};

const readMha = (level: string, text: string): MhaLine => {
  const command = /\s--command=(stop|stopssh|start)\b/.exec(text)?.[1];
  if (command !== undefined && text.includes('--orig_master_host='))
    return {kind: 'hook', command: command === 'start' ? 'start' : 'stop'};
  if (text.includes('temporarily executing CHANGE MASTER to a dummy host')) return {kind: 'delicate'};
  if (/^\*\* Phase 1: .* completed/.test(text)) return {kind: 'safe'};
  if (/password|--\w+=/i.test(text) || text.trim() === '') return {kind: 'nothing'};
  if (level === 'error') return {kind: 'said', text: `  FAIL MHA: ${text.trim()}`};
  const [, phase] = /^\* (?:Phase [\d.]+: )?(.*?)(?: Phase)?\.\.$/i.exec(text) ?? [];
  if (phase !== undefined) return {kind: 'said', text: `MHA: ${phase}`};
  const [, slave] = /^-- Slave (?:switch|recovery) on host (\S+?)\(\S*\) succeeded\.$/.exec(text) ?? [];
  if (slave !== undefined)
    return {kind: 'said', text: `  ok   follow         ${slave.padEnd(12)}              follows the new master`};
  return isProgress.test(text) ? {kind: 'doing', text: `MHA: ${text.trim().replace(/\.\.$/, '')}`} : {kind: 'nothing'};
};

/** Of what MHA says in passing, what may take long. */
const isProgress = /FLUSH|Waiting|Checking|Fetching|Reading|Starting|Resetting|Slave (?:switch|recovery)/;

const readHook = (line: string): MhaLine => {
  if (/^ {4}\S+: /.test(line)) return {kind: 'doing', text: toLine(line, {hasUnicode: true})};
  const isOurs =
    /^(?:mha-helper: |note: |master_\w+: | {2}(?:ok {2}|FAIL) | {9}\S| {2}NOT PUT BACK: )/.test(line) &&
    !line.startsWith('master_failover_report: report_email is empty');
  return isOurs ? {kind: 'said', text: line} : {kind: 'nothing'};
};
