// One program out of the modules in dist/: what each process runs is put together, with the libraries, in few files and without spaces and
// comments. Node keeps the text of every module, and a record of every export, for as long as a process lives: a thousand modules are 10 to
// 15 MB that daemon and service host would each carry. Names stay as they are; `node --enable-source-maps` shows the sources' own lines.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { root } from './lib.mjs'

const dist = join(root, 'dist')

/** Where a process begins. Each is replaced by its bundled self; what is imported lazily stays a file of its own, in dist/chunks. */
const entries = ['cli/main.js', 'daemon/service-host.js', 'daemon/template-schemas.js']

/** Native code, libraries with files or threads beside them, and what only a command for people needs. */
const apart = ['libsql', '@node-rs/bcrypt', 'sharp', 'pino', '@clack/prompts', '@dotenvx/dotenvx']

/** What Fastify would load by itself, and `http/app.ts` says when: else it would be in the file of every process that has Fastify. */
const onDemand = {
  name: 'on-demand',
  setup({ onResolve }) {
    const filter = /^(?:@fastify\/(?:ajv-compiler|fast-json-stringify-compiler)|light-my-request)$/
    onResolve({ filter }, ({ kind, path }) =>
      kind === 'require-call' ? { path, external: true } : undefined,
    )
  },
}

/** Files beside a module (SQL, pages) are found where they are: every chunk is one folder below dist, as every entry. */
const ownPlace = {
  name: 'own-place',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(dist)) return undefined
      const place = `new URL(${JSON.stringify(`../${relative(dist, path).replaceAll('\\', '/')}`)}, import.meta.url).href`
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', place) }
    })
  },
}

export async function bundle() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map(entry => join(dist, entry)),
    outdir: dist,
    outbase: dist,
    allowOverwrite: true,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    external: apart,
    // For libraries in CommonJS.
    banner: {
      js: `import{createRequire as hangarRequire}from'node:module';const require=hangarRequire(import.meta.url);`,
    },
    plugins: [ownPlace, onDemand],
    logLevel: 'warning',
    metafile: true,
  })
  writeFileSync(join(dist, 'licences.txt'), licences(Object.keys(metafile.inputs)))
}

/** The licence texts of the libraries that are in the bundle. */
function licences(inputs) {
  const folders = new Set(
    inputs.flatMap(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  )
  return [...folders]
    .sort()
    .map(folder => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
      const file = readdirSync(join(root, folder)).find(entry => /^licen[cs]e/i.test(entry))
      const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : ''
      return `${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}
