package dev.corral.engine.local.embedding;

import dev.corral.engine.Pooling;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes an input's vectors of its tokens' rows, which come in order, in as many pieces as it was computed in. llama.cpp's
 * own pooling wants the whole input in one micro-batch, and a context of its own for each kind.
 */
sealed interface RowPooling {

    /** Takes the next token's row, which the caller uses again. */
    void add(float[] row);

    /** What all rows made. */
    List<float[]> vectors();

    /** @throws IllegalArgumentException when rows can't be pooled so */
    static RowPooling of(Pooling pooling, int size) {
        return switch (pooling) {
            case NONE -> new Rows();
            case MEAN -> new Mean(size);
            case CLS -> new First();
            case LAST -> new Last(size);
            case MODEL, RANK -> throw new IllegalArgumentException("rows are not pooled by " + pooling);
        };
    }

    /** Keeps every row. */
    final class Rows implements RowPooling {
        private final List<float[]> rows = new ArrayList<>();

        @Override
        public void add(float[] row) {
            rows.add(row.clone());
        }

        @Override
        public List<float[]> vectors() {
            return rows;
        }
    }

    /** Sums in double precision. */
    final class Mean implements RowPooling {
        private final double[] sum;
        private int count;

        Mean(int size) {
            sum = new double[size];
        }

        @Override
        public void add(float[] row) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += row[i];
            }
            count++;
        }

        @Override
        public List<float[]> vectors() {
            float[] mean = new float[sum.length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = (float) (sum[i] / count);
            }
            return List.of(mean);
        }
    }

    /** Keeps the first row. */
    final class First implements RowPooling {
        private float @Nullable [] first;

        @Override
        public void add(float[] row) {
            if (first == null) {
                first = row.clone();
            }
        }

        @Override
        public List<float[]> vectors() {
            return first == null ? List.of() : List.of(first);
        }
    }

    /** Keeps the newest row. */
    final class Last implements RowPooling {
        private final float[] last;

        Last(int size) {
            last = new float[size];
        }

        @Override
        public void add(float[] row) {
            System.arraycopy(row, 0, last, 0, last.length);
        }

        @Override
        public List<float[]> vectors() {
            return List.of(last);
        }
    }
}
