import { repositoryOf, workflows, writeWorkflows } from '#secrets'
import type { CommandCall } from '../context.ts'
import { stackFiles } from '../target/stack-call.ts'
import { hangarVersion } from '../version.ts'

/** Writes deploy workflows: one per app with path filters, all behind the preflight gate. */
export async function run(call: CommandCall): Promise<void> {
  const files = await stackFiles(call, 'fly')
  const broken = files.apps.find(({ problem }) => problem)
  if (broken?.problem) throw broken.problem
  const repository = await repositoryOf(files.stack.directory)
  const branch = call.options['branch'] === undefined ? {} : { branch: String(call.options['branch']) }
  const made = workflows(files, { repository, version: hangarVersion(), ...branch })
  if (call.options['print'] === true) {
    call.context.print(made, () => made.map(({ path, text }) => `# ${path}\n${text}`).join('\n'))
    return
  }
  const written = await writeWorkflows(repository, made, { force: call.options['force'] === true })
  call.context.print({ repository, files: written }, () =>
    [
      ...written.map(({ path, outcome }) => `${outcome.padEnd(9)} ${path}`),
      'The workflows need the repository secret FLY_API_TOKEN (fly tokens create deploy).',
    ].join('\n'),
  )
}
