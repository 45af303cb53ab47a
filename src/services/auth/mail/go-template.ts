/** What a template may name, as in `{{ .Token }}` or `{{ .Data.name }}`. */
export type TemplateValues = Readonly<Record<string, unknown>>

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly path: readonly string[] }
  | { readonly kind: 'if'; readonly path: readonly string[]; readonly yes: Node[]; readonly no: Node[] }

/**
 * Renders the part of Go's templates that emails use: values and `if`/`else`/`end`. Values are escaped for HTML unless `plain`.
 * Throws for anything else, so that nobody gets an email with holes in it.
 */
export function renderGoTemplate(template: string, values: TemplateValues, plain = false): string {
  const tokens = template.split(/(\{\{[\s\S]*?\}\})/)
  const { nodes, rest } = parse(trimmed(tokens), 0)
  if (rest < tokens.length) throw new Error('a template has an "end" or "else" too many')
  return write(nodes, values, plain)
}

/** `{{-` and `-}}` eat the space beside them. */
function trimmed(tokens: readonly string[]): string[] {
  return tokens.map((token, index) => {
    if (token.startsWith('{{')) return token
    const before = tokens[index - 1]?.endsWith('-}}') ? token.trimStart() : token
    return tokens[index + 1]?.startsWith('{{-') ? before.trimEnd() : before
  })
}

function parse(tokens: readonly string[], from: number, inside = false): { nodes: Node[]; rest: number } {
  const nodes: Node[] = []
  let at = from
  while (at < tokens.length) {
    const token = tokens[at] ?? ''
    if (!token.startsWith('{{')) {
      nodes.push({ kind: 'text', text: token })
      at++
      continue
    }
    const action = token.replace(/^\{\{-?\s*/, '').replace(/\s*-?\}\}$/, '')
    if (action === 'end' || action === 'else') {
      if (!inside) throw new Error(`a template has an "${action}" without an "if"`)
      return { nodes, rest: at }
    }
    const condition = /^if\s+\.([\w.]+)$/.exec(action)?.[1]
    if (condition !== undefined) {
      const yes = parse(tokens, at + 1, true)
      const hasElse = /else/.test(tokens[yes.rest] ?? '')
      const no = hasElse ? parse(tokens, yes.rest + 1, true) : { nodes: [], rest: yes.rest }
      if (tokens[no.rest] === undefined) throw new Error('a template has an "if" without an "end"')
      nodes.push({ kind: 'if', path: condition.split('.'), yes: yes.nodes, no: no.nodes })
      at = no.rest + 1
      continue
    }
    const path = /^\.([\w.]+)$/.exec(action)?.[1]
    if (path !== undefined) nodes.push({ kind: 'value', path: path.split('.') })
    else if (!action.startsWith('/*'))
      throw new Error(`a template has an unknown action: {{ ${action.slice(0, 60)} }}`)
    at++
  }
  return { nodes, rest: at }
}

function write(nodes: readonly Node[], values: TemplateValues, plain: boolean): string {
  return nodes
    .map(node => {
      if (node.kind === 'text') return node.text
      const value = lookUp(values, node.path)
      if (node.kind === 'if') return write(value ? node.yes : node.no, values, plain)
      const text = value === undefined || value === null ? '' : String(value)
      return plain ? text : escapeHtml(text)
    })
    .join('')
}

function lookUp(values: TemplateValues, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    values,
  )
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
