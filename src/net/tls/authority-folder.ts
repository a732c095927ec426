// Where the authority lies on this kind of system. Touches no disk.
import { homedir, userInfo } from 'node:os';
import { isAbsolute, posix, win32 } from 'node:path';

/** For a user without a home, who may write nothing there. */
const NOWHERE = '/';

type Environment = Readonly<Record<string, string | undefined>>;

/** The program's place in the user's data folder. */
export function defaultAuthorityFolder(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homeFolder(),
): string {
  switch (platform) {
    case 'win32': {
      const folder = environment['LOCALAPPDATA'] || environment['APPDATA'] || win32.join(home, 'AppData', 'Local');
      return win32.join(folder, 'ftpscope');
    }
    case 'darwin':
      return posix.join(home, 'Library', 'Application Support', 'ftpscope');
    default: {
      // "All paths set in these environment variables must be absolute", others are to be ignored.
      const folder = environment['XDG_DATA_HOME'] ?? '';
      return posix.join(posix.isAbsolute(folder) ? folder : posix.join(home, '.local', 'share'), 'ftpscope');
    }
  }
}

/** HOME may be empty, or lead from wherever one stands: a key must not come to lie there. Then the user's entry says. */
export function homeFolder(home: string = homedir()): string {
  if (isAbsolute(home)) return home;
  try {
    const { homedir: entered } = userInfo();
    return isAbsolute(entered) ? entered : NOWHERE;
  } catch {
    return NOWHERE;
  }
}
