// `npm run screenshot [FILE]`: plays the demo through a proxy, lets the dashboard draw it, and writes the screen as an SVG image.
// Nobody has to look at a terminal for it.
import { writeFileSync } from 'node:fs';
import { Board } from '../../src/dashboard/model/board.js';
import { screenRows } from '../../src/dashboard/panes/screen.js';
import { pressKey } from '../../src/dashboard/viewer/keyboard.js';
import { Viewer } from '../../src/dashboard/viewer/viewer.js';
import { runDemoScript } from '../../src/demo/demo-script.js';
import { startSampleServer } from '../../src/demo/sample-server.js';
import { createProxy } from '../../src/net/proxy.js';
import { svgOf } from './svg.js';

const SIZE = { columns: 120, rows: 30 } as const;
const KEYS = ['enter', ...Array.from({ length: 9 }, () => 'k')];

async function demoOnTheDashboard(): Promise<Viewer> {
  const viewer = new Viewer(new Board(), {
    title: 'demo',
    abilities: () => ({
      kill: true,
      payloads: false,
      capture: false,
      replay: false,
      playback: false,
      readBack: false,
      endsSessions: true,
    }),
  });
  const server = await startSampleServer();
  const upstream = server.address;
  const proxy = await createProxy({
    server: upstream,
    listen: [{ address: '127.0.0.1', port: 0 }],
    observe: (observation) => viewer.take(observation),
  });
  try {
    const [listener = upstream] = proxy.addresses;
    await runDemoScript(listener);
  } finally {
    await proxy.close();
    await server.close();
  }
  return viewer;
}

const viewer = await demoOnTheDashboard();
const draw = () => screenRows(viewer, SIZE, viewer.board.lastAt);
draw();
for (const key of KEYS) {
  pressKey(viewer, { name: key, character: key });
  draw();
}
const file = process.argv[2] ?? 'screenshot.svg';
writeFileSync(file, svgOf(draw(), SIZE));
process.stdout.write(`${file} written\n`);
