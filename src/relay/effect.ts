// What a session wants done. The session core does nothing itself; its counterpart is input.ts.
import type { Observation, Side } from '../dialogue/observation.js';
import type { TransferName } from '../dialogue/payload-sink.js';
import type { Endpoint } from '../protocol/endpoint.js';
import type { FtpEndpoint } from '../protocol/server-name.js';
import type { Direction } from '../protocol/verbs.js';

export type SessionEffect =
  | { readonly kind: 'observe'; readonly observation: Observation }
  | { readonly kind: 'send'; readonly to: Side; readonly bytes: Buffer }
  /** In forward mode: connect to the server that the client named. Answered by `server-connected`, `-refused` or `-unreachable`. */
  | { readonly kind: 'connect-server'; readonly server: FtpEndpoint }
  /** Listen for one data connection, beside that side's control connection. Answered by `data-port-open` or `-failed`. */
  | {
      readonly kind: 'open-data-port';
      readonly link: number;
      readonly facing: Side;
      /** The hosts that may connect; null admits any. */
      readonly admit: readonly string[] | null;
    }
  /** Connect a data leg. Answered by `data-leg-connected` or `-failed`. */
  | { readonly kind: 'dial'; readonly link: number; readonly side: Side; readonly endpoint: Endpoint }
  /**
   * Begin TLS on a control connection, as server towards the client, as client towards the server. Answered by `control-secured` or
   * `control-insecure`. `host` is what the client called the server (HOST, RFC 7151), if it did.
   */
  | { readonly kind: 'secure-control'; readonly side: Side; readonly host?: string }
  /**
   * Begin TLS on a data leg, in the same roles. Answered by `data-leg-secured` or `data-leg-failed`. `early`: no transfer was asked
   * for, and the client may take its time.
   */
  | { readonly kind: 'secure-leg'; readonly link: number; readonly side: Side; readonly early?: true }
  /** Both legs stand: carry the bytes. Answered by `data-progress` and one `data-ended`. */
  | { readonly kind: 'start-flow'; readonly link: number; readonly direction: Direction; readonly name: TransferName }
  /** The transfer is over, and its end is in the data: carry what has come, and release both legs unclosed. Answered by `data-ended`. */
  | { readonly kind: 'end-flow'; readonly link: number }
  /** The legs that a link has released are another's from now on. */
  | { readonly kind: 'hand-on-legs'; readonly link: number; readonly to: number }
  /** Nothing flows over a leg that stands: notice its end all the same. Answered by `data-leg-gone`, if ever. */
  | { readonly kind: 'watch-leg'; readonly link: number; readonly side: Side }
  /** Close whatever the link has open. Nothing more is heard of it. `unused`: no transfer was asked for over it. */
  | { readonly kind: 'drop-link'; readonly link: number; readonly unused?: true }
  /** Send no more to that side, after what was sent. */
  | { readonly kind: 'end-control'; readonly side: Side }
  /** Everything is said: let go of both control connections once what was sent is flushed. */
  | { readonly kind: 'session-over' };
