// The little of blessed 0.1.81 that terminal.ts uses. The package brings no types, and most of it is not used here.
declare module 'blessed' {
  import type { EventEmitter } from 'node:events';

  /** A cell: its attributes, and its character. */
  export type Cell = [attributes: number, character: string];
  export type Line = Cell[] & { dirty: boolean };

  export interface Program extends EventEmitter {
    readonly input: NodeJS.ReadableStream & { setRawMode?: (raw: boolean) => void };
    /** What the terminal's description says of it. */
    readonly tput: { readonly colors?: number } | undefined;
    hideCursor(): void;
    /** Private modes of the terminal, such as `?2004`. */
    setMode(mode: string): void;
    resetMode(mode: string): void;
    /** Writes what was held back. */
    flush(): void;
    showCursor(): void;
    /** To the screen of its own, and back to the shell's. */
    alternateBuffer(): void;
    normalBuffer(): void;
  }

  export interface Screen extends EventEmitter {
    readonly program: Program;
    readonly lines: Line[];
    readonly width: number;
    readonly height: number;
    /** Makes the cells anew, for the terminal's present size. */
    alloc(): void;
    /** Writes what differs from what was drawn before, from the first to the last row. */
    draw(first: number, last: number): void;
    destroy(): void;
  }

  export function screen(options: {
    readonly smartCSR?: boolean;
    readonly title?: string;
    readonly forceUnicode?: boolean;
    readonly fullUnicode?: boolean;
    readonly warnings?: boolean;
    readonly terminal?: string;
    readonly input?: NodeJS.ReadableStream;
  }): Screen;

  const blessed: { readonly screen: typeof screen };
  export default blessed;
}
