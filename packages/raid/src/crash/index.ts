/**
 * Power cuts, made from recordings: every write and flush of a drive is recorded, then the drive is put together as a
 * power cut may have left it; and drives as a power cut leaves them after much work.
 *
 * @packageDocumentation
 */
export { type CrashImage, type CrashImageOptions, crashImages, sectorBytes } from './crash-images.ts';
export { DriveRecording, type RecordedStep } from './drive-recording.ts';
export { type LeftOpen, leaveOpen } from './left-open.ts';
export { memoryDrive } from './memory-drive.ts';
