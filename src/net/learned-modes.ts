// What sessions have learnt of servers, for the sessions to come: in transparent mode there are many servers.
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { ServerModes } from '../relay/server-leg-opening.js';

/** Servers that are remembered; then the one that was first heard of is forgotten. */
const MAX_SERVERS = 1000;

export class LearnedModes {
  private readonly modes = new Map<string, ServerModes>();

  /** Null for one that is not known yet. */
  modesOf(server: Endpoint | null): ServerModes {
    const name = server === null ? '' : formatEndpoint(server);
    const known = this.modes.get(name);
    if (known !== undefined) return known;
    const [oldest] = this.modes.keys();
    if (this.modes.size >= MAX_SERVERS && oldest !== undefined) this.modes.delete(oldest);
    const modes = new ServerModes();
    this.modes.set(name, modes);
    return modes;
  }
}
