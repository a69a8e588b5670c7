// What V8 compiled, in a file beside the program. V8 itself compares no more than the length of the source: it would run old
// code for an edit of the same length. So a cache belongs to the exact source, the exact Node, and its own exact bytes;
// anything else is no cache, and the program is compiled as usual.
import {createHash} from 'node:crypto';

const keyLength = 64;

const keyOf = (source, data) =>
  createHash('sha256').update(`${process.version} ${process.arch}\n`).update(source).update(data).digest('hex');

/** The bytes of a cache file. */
export const sealCodeCache = (source, data) => Buffer.concat([Buffer.from(keyOf(source, data)), data]);

/** V8's data for this source on this Node; undefined where the bytes of a cache file are none, or do not fit. */
export const openCodeCache = (bytes, source) => {
  const data = bytes?.subarray(keyLength);
  return bytes?.toString('latin1', 0, keyLength) === keyOf(source, data ?? '') ? data : undefined;
};
