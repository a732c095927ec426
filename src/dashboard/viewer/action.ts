// What the dashboard wants done that is not its own to do: it shows and asks, others have the sockets, files and terminal.

export type DashboardAction =
  | { readonly kind: 'quit' }
  | { readonly kind: 'kill-session'; readonly session: number }
  | { readonly kind: 'kill-transfer'; readonly session: number; readonly link: number }
  | { readonly kind: 'save-transcript'; readonly sessions: readonly number[]; readonly file: string }
  | { readonly kind: 'export'; readonly sessions: readonly number[]; readonly file: string }
  /** `payload` names the file in which the bytes are kept; null where they are in the capture alone. */
  | {
      readonly kind: 'save-payload';
      readonly session: number;
      readonly link: number;
      readonly payload: string | null;
      readonly file: string;
    }
  /** `password` where the recorded one is masked. */
  | { readonly kind: 'replay'; readonly session: number; readonly password: string | null }
  /** Sessions with lower numbers are wanted, as many as are kept at a time. */
  | { readonly kind: 'read-back'; readonly before: number }
  /** The beginning of its conversation is wanted. */
  | { readonly kind: 'read-whole'; readonly session: number }
  | { readonly kind: 'copy'; readonly text: string }
  | { readonly kind: 'playback'; readonly change: PlaybackChange };

/** Of a recording that is being shown. */
export type PlaybackChange =
  | { readonly kind: 'pause' }
  | { readonly kind: 'step' }
  | { readonly kind: 'speed'; readonly factor: number }
  | { readonly kind: 'seek'; readonly byMs: number };

/** What whoever runs the dashboard is able to do; a command that needs more says so instead. */
export interface Abilities {
  readonly kill: boolean;
  readonly payloads: boolean;
  /** There is a capture, which can be read again for the bytes of a transfer. */
  readonly capture: boolean;
  readonly replay: boolean;
  readonly playback: boolean;
  /** There is a file in which sessions stand that are no longer kept. */
  readonly readBack: boolean;
  /** Leaving ends the sessions that are live. */
  readonly endsSessions: boolean;
}

export const NO_ABILITIES: Abilities = {
  kill: false,
  payloads: false,
  capture: false,
  replay: false,
  playback: false,
  readBack: false,
  endsSessions: false,
};
