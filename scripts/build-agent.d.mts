export function buildAgent(
  root: string,
  options?: { readonly quiet?: boolean },
): Promise<'built' | 'current' | 'left out'>

export function compile(root: string, folder: string): boolean

export function compiledAgents(root: string): Promise<string | undefined>
