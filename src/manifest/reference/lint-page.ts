import { ruleTable } from '../lint/rule-table.ts'

/** docs/reference/lint.md: every rule of `hangar lint`. */
export function lintPage(): string {
  const rows = Object.entries(ruleTable).map(
    ([name, { severity, fix, summary }]) =>
      `| \`${name}\` | ${severity} | ${fix ? 'yes' : ''} | ${summary} |`,
  )
  return `# Rules of hangar lint

Made from \`src/manifest/lint/rule-table.ts\`; a test keeps it true (\`npx vitest run src/manifest -u\` writes it anew).

\`hangar lint [PATH…]\` looks at every \`hangar.toml\` and \`fly.toml\` (also \`fly.NAME.toml\`, \`NAME.fly.toml\`, \`fly.json\`, \`fly.yaml\`) that the paths mean; without a path, in this folder and below. It needs no running Hangar. Each finding has file, line, column, rule, and where it helps a hint; values that look like secrets are never shown.

- \`--fix\` mends what is marked below. Comments and order stay, mending twice changes nothing, a file is replaced whole or not at all, and one that was changed meanwhile is left alone. JSON and YAML are checked, not mended. A file that TOML refuses is mended where the mistake is a table or key that comes twice, or an inline table or a list without commas.
- \`--json\` prints \`{ files, diagnostics, fixed, summary }\`.
- The exit code is 1 when errors are left (with \`--strict\` also for warnings), 4 when a path is not there.

An *error* is what Fly refuses or silently ignores; a *warning* works otherwise than one expects; a *note* is worth knowing. With a \`hangar.toml\`, lint knows more: which apps are private, that the stack sleeps when idle, which variables are public, which values are allowed. At most a thousand findings per file are shown.

| rule | severity | mended | what it finds |
|---|---|---|---|
${rows.join('\n')}
`
}
