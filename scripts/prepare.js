// npm runs it behind `npm ci` and before it packs: builds, or says in one line why it cannot. Without the development packages
// (--omit=dev) a build that is there already stays in use. Written in the JavaScript of Node 12, as an old Node runs it as well.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readlinkSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tooOld } from '../bin/node-version.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const BUILT = join(ROOT, 'dist', 'cli', 'main.js');
const INSTALL = 'npm ci --ignore-scripts --no-audit --no-fund';
const { env } = process;
/** npm's own install of a clone that it will pack is a process inside the one that the user started. */
const isGlobal = env.npm_config_global === 'true';
const isPacking = isGlobal && env._PACOTE_NO_PREPARE_ === undefined;

const tooOldToBuild = tooOld(process.versions.node);
if (isPacking && tooOldToBuild === null && missingCompiler() !== null) installHere();
const problem = tooOldToBuild || missingCompiler();
if (problem === null) build();
else if (!isGlobal || isPacking) {
  process.stderr.write(`ftpscope: ${existsSync(BUILT) ? 'not built again' : 'not built'}: ${problem}\n`);
}
if (isPacking) makeRoom(join(env.npm_config_prefix || '', process.platform === 'win32' ? '' : 'lib', 'node_modules'));

function build() {
  process.exitCode = run('npm run --silent build');
}

function run(command, cwd = ROOT) {
  const { status } = spawnSync(command, { cwd, stdio: 'inherit', shell: true, env: localEnvironment() });
  return status === null ? 1 : status;
}

/**
 * `npm install -g git+URL` clones, and means to install the development packages there; but the npm that it starts for that inherits
 * `-g`, so it links the clone among the global packages instead, without them. What it meant to do is done here.
 */
function installHere() {
  run(`${INSTALL} --include=dev --include=optional`);
}

/**
 * By that link the folder that npm unpacks to has become the clone, which npm then removes: it needs one of its own again, with the
 * packages that npm had put there before.
 */
function makeRoom(globalPackages) {
  const own = join(globalPackages, 'ftpscope');
  try {
    if (!lstatSync(own).isSymbolicLink() || resolve(globalPackages, readlinkSync(own)) !== resolve(ROOT)) return;
  } catch {
    return;
  }
  unlinkSync(own);
  mkdirSync(own);
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(ROOT, file), join(own, file));
  run(`${INSTALL} --omit=dev`, own);
  unlinkSync(join(own, 'package-lock.json'));
}

/** Without what was said of the global install. */
function localEnvironment() {
  const global = /^npm_config_(global|location|prefix|global_prefix|local_prefix|omit|include)$/i;
  const kept = Object.keys(env).filter((name) => !isGlobal || !global.test(name));
  return Object.assign({}, ...kept.map((name) => ({ [name]: env[name] })));
}

/** The compiler is a development package, and its program an optional package of that one. */
function missingCompiler() {
  const find = createRequire(import.meta.url);
  const how = 'run "npm ci" without it, then "npm prune';
  if (!finds(find, 'typescript/package.json')) return `the compiler is missing (--omit=dev); ${how} --omit=dev"`;
  const program = `@typescript/typescript-${process.platform}-${process.arch}/package.json`;
  if (!finds(find, program)) return `the compiler's program is missing (--omit=optional); ${how} --omit=optional"`;
  return null;
}

function finds(require, name) {
  try {
    return require.resolve(name) !== '';
  } catch {
    return false;
  }
}
