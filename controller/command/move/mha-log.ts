import {type FileHandle, open} from 'node:fs/promises';
import {StringDecoder} from 'node:string_decoder';

/** Reads a file that grows, line by line: MHA writes there, so that it lives on whatever becomes of us. */
export class MhaLog {
  readonly #file: FileHandle;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<MhaLog> {
    return new MhaLog(await open(path, 'r'));
  }

  /** Whole lines that came since this was last asked. */
  async read(): Promise<readonly string[]> {
    const buffer = Buffer.alloc(65_536);
    for (;;) {
      const {bytesRead} = await this.#file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      this.#rest += this.#decoder.write(buffer.subarray(0, bytesRead));
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
