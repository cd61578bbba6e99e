import { server, type ModelEntry } from '../api/server.svelte.ts'
import { settings } from './settings.svelte.ts'

/** The model that a person has chosen, while the server has it; else the server's first. */
export function chosenModel(): ModelEntry | undefined {
  return server.models.find((model) => model.id === settings.model) ?? server.models[0]
}
