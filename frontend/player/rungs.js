/** Pixels of the shorter side: a portrait film of 1080 x 1920 is "1080p". 0 where there is no picture. */
export const sizeOf = ({ width, height }) => Math.min(height, width || height) || 0;
