// dist/ from src/ (tsc, the files beside the sources, then the bundle), web/dist from web/.
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { bundle } from './bundle.mjs'
import { bin, root, run, walk } from './lib.mjs'

const dist = join(root, 'dist')
rmSync(dist, { recursive: true, force: true })
run(bin('tsc'), ['-p', 'tsconfig.build.json'])

const assets = new Set(['.sql', '.html', '.json', '.css', '.svg', '.txt'])
for (const path of walk(join(root, 'src'))) {
  if (!assets.has(extname(path))) continue
  const target = join(dist, relative(join(root, 'src'), path))
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(path, target)
}

await bundle()

if (existsSync(join(root, 'web', 'vite.config.ts')))
  run(bin('vite'), ['build', '--logLevel', 'warn'], { cwd: join(root, 'web') })
