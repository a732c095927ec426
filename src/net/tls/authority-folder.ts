// Where the authority lies on this kind of system. Touches no disk.
import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The program's place in the user's data folder. */
export function defaultAuthorityFolder(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
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
