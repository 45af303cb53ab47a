import { execFile } from 'node:child_process'
import { HangarError, messageOf } from '#kernel'

const mostBytes = 64 * 1024 * 1024

/** Standard output of a git command in a folder. `input` goes to its standard input. */
export function git(directory: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      [...args],
      { cwd: directory, maxBuffer: mostBytes, encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout)
        reject(
          new HangarError(`git ${args[0]} failed: ${stderr.trim().split('\n')[0] || messageOf(error)}`, {
            code: 'HGR_SECRETS_GIT',
            status: 422,
            hint: 'Run it inside a git repository.',
          }),
        )
      },
    )
  })
}

/** The folder of the repository that a folder belongs to; without one, the folder itself. */
export async function repositoryOf(directory: string): Promise<string> {
  try {
    return (await git(directory, ['rev-parse', '--show-toplevel'])).trimEnd()
  } catch {
    return directory
  }
}
