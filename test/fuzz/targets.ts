import { captureTarget } from './capture-target.js';
import { parserTarget } from './parser-target.js';
import { relayTarget } from './relay-target.js';
import type { Target } from './target.js';
import { transcriptTarget } from './transcript-target.js';

export const TARGETS: readonly Target[] = [relayTarget, parserTarget, captureTarget, transcriptTarget];
