import { join, relative, sep } from 'node:path'
import type { AppFiles, StackFiles } from '../declare/stack-files.ts'
import { keyNames } from '../env/keys.ts'

export interface WorkflowOptions {
  /** Folder of the repository, absolute: path filters start there. */
  readonly repository: string
  /** Version of Hangar that the gate runs. */
  readonly version: string
  /** Branch whose pushes deploy. Default: main. */
  readonly branch?: string
}

export interface WorkflowFile {
  /** Relative to the repository. */
  readonly path: string
  readonly text: string
}

/** Pinned by commit: a tag can be moved to other code. */
const actions = {
  checkout: 'actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2',
  node: 'actions/setup-node@39370e3970a6d050c480ffad4ff0ed4d3fdee5af # v4.1.0',
  fly: 'superfly/flyctl-actions/setup-flyctl@fc53c09e1bc3be6f54706524e3b82c4f462f77be # 1.5',
} as const

/** One workflow per app, with path filters, and one that they share: preflight, and only when it passes the deploy. */
export function workflows(files: StackFiles, options: WorkflowOptions): WorkflowFile[] {
  return [sharedWorkflow(files, options), ...files.apps.map(app => appWorkflow(files, app, options))]
}

function sharedWorkflow(files: StackFiles, { repository, version }: WorkflowOptions): WorkflowFile {
  const folder = inRepository(repository, files.stack.directory) || '.'
  const keys = privateKeyNames(files)
  const keyLines = keys.map(name => `          ${name}: \${{ secrets.${name} }}`)
  return {
    path: '.github/workflows/_deploy.yml',
    text: `# Written by "hangar ci init". Checks the secrets of the whole stack against what is live on Fly, then deploys one app.
name: deploy one app
on:
  workflow_call:
    inputs:
      app:
        description: Name of the app on Fly
        required: true
        type: string
      config:
        description: Its fly.toml
        required: true
        type: string
      directory:
        description: Folder that is built
        required: true
        type: string
    secrets:
      FLY_API_TOKEN:
        required: true
${keys.map(name => `      ${name}:\n        required: false\n`).join('')}permissions:
  contents: read
jobs:
  preflight:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: ${actions.checkout}
        with:
          persist-credentials: false
      - uses: ${actions.node}
        with:
          node-version: 22
      - name: Are all secrets there, and strong enough?
        working-directory: ${quote(folder)}
        env:
          FLY_API_TOKEN: \${{ secrets.FLY_API_TOKEN }}
${keyLines.length > 0 ? `${keyLines.join('\n')}\n` : ''}        run: npx --yes hangar@${version} preflight --target fly
  deploy:
    needs: preflight
    runs-on: ubuntu-latest
    timeout-minutes: 30
    concurrency:
      group: deploy-\${{ inputs.app }}
      cancel-in-progress: false
    steps:
      - uses: ${actions.checkout}
        with:
          persist-credentials: false
      - uses: ${actions.fly}
      - name: Deploy
        env:
          FLY_API_TOKEN: \${{ secrets.FLY_API_TOKEN }}
          APP: \${{ inputs.app }}
          CONFIG: \${{ inputs.config }}
          DIRECTORY: \${{ inputs.directory }}
        run: flyctl deploy "$DIRECTORY" --app "$APP" --config "$CONFIG" --remote-only
`,
  }
}

function appWorkflow(files: StackFiles, { app, flyName }: AppFiles, options: WorkflowOptions): WorkflowFile {
  const { repository, branch = 'main' } = options
  const own = `.github/workflows/deploy-${app.name}.yml`
  const config = inRepository(repository, app.flyFile)
  const directory = inRepository(repository, app.directory) || '.'
  const filters = [
    ...(app.paths.length > 0
      ? app.paths.map(path => inRepository(repository, join(files.stack.directory, path)))
      : [directory === '.' ? '**' : `${directory}/**`]),
    config,
    inRepository(repository, files.stack.file),
    own,
    '.github/workflows/_deploy.yml',
  ]
  return {
    path: own,
    text: `# Written by "hangar ci init" from ${inRepository(repository, files.stack.file)}.
name: ${quote(`deploy ${app.name}`)}
on:
  push:
    branches: [${quote(branch)}]
    paths:
${[...new Set(filters)].map(path => `      - ${quote(path)}`).join('\n')}
  workflow_dispatch:
permissions:
  contents: read
jobs:
  deploy:
    uses: ./.github/workflows/_deploy.yml
    with:
      app: ${quote(flyName)}
      config: ${quote(config)}
      directory: ${quote(directory)}
    secrets: inherit
`,
  }
}

/** Of encrypted env files that are committed: with their keys the gate can judge how strong values are, too. */
function privateKeyNames(files: StackFiles): string[] {
  const encrypted = files.envFiles.filter(file => file.publicKey !== undefined)
  return [...new Set(encrypted.map(file => keyNames(file.path, file.assignments).private))]
}

function inRepository(repository: string, path: string): string {
  return relative(repository, path).split(sep).join('/')
}

/** A YAML text that can be nothing else; JSON's strings are YAML's. */
function quote(text: string): string {
  return JSON.stringify(text)
}
