// Everything that can be done in the dashboard: keys, the `:` prompt, the help and the quick help all come from this table.
import { ACTING_COMMANDS } from './acting-commands.js';
import { CHOOSING_COMMANDS } from './choosing-commands.js';
import type { DashboardCommand } from './command.js';
import { MOVING_COMMANDS } from './moving-commands.js';
import { SCREEN_COMMANDS } from './screen-commands.js';

export const COMMANDS: readonly DashboardCommand[] = [
  ...MOVING_COMMANDS,
  ...CHOOSING_COMMANDS,
  ...ACTING_COMMANDS,
  ...SCREEN_COMMANDS,
];
