import type { DocumentNode, FragmentDefinitionNode, SelectionSetNode } from 'graphql'

/** How deep the fields of a document nest. Its fragments must have no cycles (validation sees to that). */
export function depthOf(document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === 'FragmentDefinition') fragments.set(definition.name.value, definition)

  const below = (set: SelectionSetNode | undefined): number =>
    Math.max(
      0,
      ...(set?.selections ?? []).map(selection => {
        if (selection.kind === 'Field') return 1 + below(selection.selectionSet)
        if (selection.kind === 'InlineFragment') return below(selection.selectionSet)
        return below(fragments.get(selection.name.value)?.selectionSet)
      }),
    )
  return Math.max(
    0,
    ...document.definitions.map(definition =>
      definition.kind === 'OperationDefinition' ? below(definition.selectionSet) : 0,
    ),
  )
}
