// The oldest Node that runs ftpscope. Read by every Node, so in the JavaScript of Node 12.

/**
 * One sentence where this Node is too old, otherwise null. `engines` in package.json says the same.
 * @param {string} version
 * @returns {string | null}
 */
export function tooOld(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return null;
  return `Node.js ${version} is too old, 20.19 or newer is needed: see https://nodejs.org`;
}
