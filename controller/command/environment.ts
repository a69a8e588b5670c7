import type {CloudEnvironment} from '../config/cluster-config.ts';

/** What a command is given by the process it runs in. */
export interface CommandEnvironment {
  readonly configDirectory: string;
  /** Of the process, what says how a cloud's API is reached; undefined: nothing. */
  readonly cloudEnvironment?: CloudEnvironment;
  /** One line of the answer. */
  readonly tell: (line: string) => void;
  /** A whole answer that may be longer than the reader's terminal. */
  readonly tellPaged: (lines: readonly string[]) => Promise<void>;
  /** One line beside the answer: errors and notes. */
  readonly complain: (line: string) => void;
  /** Text as it is, for a line that is drawn again and again; undefined: nobody would see it move. */
  readonly draw?: (text: string) => void;
  readonly terminal: Terminal;
  /** Lets a process of its own send the reports that wait; undefined: nobody does. Never throws. */
  readonly startDelivery?: (configDirectory: string) => Promise<void>;
  /** Where MHA's programs are looked for, in this order; undefined: where its packages put them. */
  readonly programDirectories?: readonly string[];
}

/** What the reader's terminal can show. */
export interface Terminal {
  /** Lines may be this wide. */
  readonly columns: number;
  /** Lines that it shows at a time; undefined: as many as come. */
  readonly rows?: number;
  /** Nobody looks on: what is one line stays one line, for grep. */
  readonly isPiped: boolean;
  readonly hasColours: boolean;
  readonly hasUnicode: boolean;
}
