import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const isPictures = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('views.test.ts');

/** The pictures come last: what they show of the numbers needs some minutes to happen. */
class PicturesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => Number(isPictures(a)) - Number(isPictures(b)) || a.moduleId.localeCompare(b.moduleId));
  }
}

/** Browsers share two cores with the server they talk to: one file at a time, and patience. */
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    globalSetup: 'tests/e2e/stadium.ts',
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // Vitest's own second is less than a busy machine takes to store a message.
    expect: { poll: { timeout: 20_000 } },
    fileParallelism: false,
    sequence: { sequencer: PicturesLast },
  },
});
