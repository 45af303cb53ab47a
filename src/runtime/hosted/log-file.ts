import { closeSync, openSync, writeSync } from 'node:fs'

/** Appends lines to a machine's log. The file is opened with the first line: most instances never log. */
export function appendDestination(path: string): { write(line: string): void; end(): void } {
  let file: number | undefined
  return {
    write(line) {
      try {
        file ??= openSync(path, 'a', 0o640)
        writeSync(file, line)
      } catch {
        // A full disk or a machine that was just destroyed: there is no better place to tell it.
      }
    },
    end() {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}
