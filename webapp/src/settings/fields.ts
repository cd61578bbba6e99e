/** A setting that a request may carry, with the range that the server takes. */
export interface SettingField {
  /** Its name in a request; its label and hint are under that name among the phrases. */
  name: string
  group: SettingGroup
  min: number
  max: number
  step: number
  integer?: boolean
}

export type SettingGroup = 'basic' | 'choice' | 'repetition' | 'temperature' | 'steering'

export const GROUPS: readonly SettingGroup[] = ['basic', 'choice', 'repetition', 'temperature', 'steering']

const CONTEXT = 1_048_576

function decimal(name: string, group: SettingGroup, min: number, max: number, step: number): SettingField {
  return { name, group, min, max, step }
}

function integer(name: string, group: SettingGroup, min: number, max: number): SettingField {
  return { name, group, min, max, step: 1, integer: true }
}

export const FIELDS: readonly SettingField[] = [
  decimal('temperature', 'basic', 0, 100, 0.1),
  integer('max_tokens', 'basic', -1, CONTEXT),
  integer('seed', 'basic', -1, 4_294_967_295),
  integer('top_k', 'choice', -1, CONTEXT),
  decimal('top_p', 'choice', 0, 1, 0.01),
  decimal('min_p', 'choice', 0, 1, 0.01),
  decimal('typical_p', 'choice', 0, 1, 0.01),
  decimal('tfs_z', 'choice', 0, 1, 0.01),
  decimal('top_n_sigma', 'choice', -1, 100, 0.1),
  decimal('xtc_probability', 'choice', 0, 1, 0.01),
  decimal('xtc_threshold', 'choice', 0, 1, 0.01),
  integer('min_keep', 'choice', 0, CONTEXT),
  decimal('repeat_penalty', 'repetition', 0.01, 100, 0.01),
  integer('repeat_last_n', 'repetition', -1, CONTEXT),
  decimal('frequency_penalty', 'repetition', -100, 100, 0.1),
  decimal('presence_penalty', 'repetition', -100, 100, 0.1),
  decimal('dry_multiplier', 'repetition', 0, 100, 0.1),
  decimal('dry_base', 'repetition', 0, 100, 0.05),
  integer('dry_allowed_length', 'repetition', 0, CONTEXT),
  integer('dry_penalty_last_n', 'repetition', -1, CONTEXT),
  decimal('dynatemp_range', 'temperature', 0, 100, 0.1),
  decimal('dynatemp_exponent', 'temperature', 0, 100, 0.1),
  integer('mirostat', 'temperature', 0, 2),
  decimal('mirostat_tau', 'temperature', 0, 100, 0.1),
  decimal('mirostat_eta', 'temperature', 0, 1, 0.01),
  decimal('adaptive_target', 'temperature', -1, 1, 0.01),
  decimal('adaptive_decay', 'temperature', 0, 0.99, 0.01),
]

/** Why a number can't be sent; null where it can. */
export function rangeError(field: SettingField, value: number): 'range' | 'integer' | null {
  if (!Number.isFinite(value) || value < field.min || value > field.max) return 'range'
  return field.integer && !Number.isInteger(value) ? 'integer' : null
}
