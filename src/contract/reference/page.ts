import type { JsonSchema } from './json-schema.ts'
import type { OpenApiDocument, OpenApiOperation } from './openapi.ts'

/** The OpenAPI document as one page to read: no script, nothing loaded from anywhere. */
export function openApiPage(document: OpenApiDocument): string {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const { title, version, description } = document.info
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body>
<h1>${escapeHtml(title)} <small>${escapeHtml(version)}</small></h1>
<p>${escapeHtml(description)} The same as data: <a href="/openapi.json">openapi.json</a>.</p>
<nav><ul>${all.map(({ path, method, operation }) => `<li><a href="#${escapeHtml(operation.operationId)}"><code>${method} ${escapeHtml(path)}</code></a> ${escapeHtml(operation.summary)}</li>`).join('')}</ul></nav>
${all.map(({ path, method, operation }) => section(path, method, operation)).join('\n')}
</body></html>
`
}

function section(path: string, method: string, operation: OpenApiOperation): string {
  const body = operation.requestBody?.content['application/json'].schema
  const fields = [
    ...operation.parameters.map(({ name, in: place, required, schema }) =>
      row(name, place, required, schema),
    ),
    ...Object.entries(body?.properties ?? {}).map(([name, schema]) =>
      row(name, 'body', body?.required?.includes(name) ?? false, schema),
    ),
  ]
  const answer = Object.values(operation.responses['200']?.content ?? {})[0]?.schema
  return `<section id="${escapeHtml(operation.operationId)}"><h2><code>${method} ${escapeHtml(path)}</code></h2>
<p>${escapeHtml(operation.summary)}. ${escapeHtml(operation.description)}${operation['x-mcp-tool'] ? ` MCP tool: <code>${escapeHtml(operation['x-mcp-tool'])}</code>.` : ''}</p>
${fields.length ? `<table><tr><th>field<th>in<th>type<th>what</tr>${fields.join('')}</table>` : '<p>No input.</p>'}
<details><summary>Answer</summary><pre>${escapeHtml(JSON.stringify(answer, null, 2))}</pre></details></section>`
}

function row(name: string, place: string, required: boolean, schema: JsonSchema): string {
  return `<tr><td><code>${escapeHtml(name)}</code>${required ? '' : ' (optional)'}<td>${place}<td>${escapeHtml(typeOf(schema))}<td>${escapeHtml(schema.description ?? '')}</tr>`
}

/** A schema in a few words. */
export function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map(String).join(' | ')
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' | ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  return [schema.type ?? 'anything'].flat().join(' | ')
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{overflow:auto;background:#f4f4f4;padding:1rem}section{border-top:1px solid #ccc;margin-top:2rem}
table{border-collapse:collapse}td,th{text-align:left;padding:.25rem 1rem .25rem 0;vertical-align:top}small{font-weight:normal;color:#555}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}pre{background:#242424}a{color:#8ab4f8}small{color:#aaa}section{border-color:#444}}`
