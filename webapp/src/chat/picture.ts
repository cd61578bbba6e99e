/** Longer sides are scaled down: models don't look at more, and servers have limits. */
const LONGEST = 2_048
const LARGEST_BYTES = 3_000_000
const KEPT_TYPES = new Set(['image/png', 'image/jpeg'])

/** A picture as a data URL that a model can read; null where the file is none. */
export async function pictureOf(file: Blob): Promise<string | null> {
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    return null
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height))
  if (scale === 1 && file.size <= LARGEST_BYTES && KEPT_TYPES.has(file.type)) {
    bitmap.close()
    return dataUrl(file)
  }
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return canvas.toDataURL(file.type === 'image/png' ? 'image/png' : 'image/jpeg', 0.9)
}

function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
