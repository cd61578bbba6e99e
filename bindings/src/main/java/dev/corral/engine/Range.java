package dev.corral.engine;

/** The values a number may have, ends included. A request's number is checked against one declared range. */
public record Range(double min, double max) {

    public Range {
        if (!(min <= max)) {
            throw new IllegalArgumentException("empty range " + min + " to " + max);
        }
    }

    public static Range of(double min, double max) {
        return new Range(min, max);
    }

    /** From {@code min} to the largest {@code int}. */
    public static Range atLeast(int min) {
        return new Range(min, Integer.MAX_VALUE);
    }

    public boolean contains(double value) {
        return value >= min && value <= max;
    }

    /** @throws InvalidRequestException naming the field, the value and this range */
    public double check(String field, double value) {
        if (!contains(value)) {
            throw new InvalidRequestException(field, number(value), "must be " + this);
        }
        return value;
    }

    /** @throws InvalidRequestException naming the field, the value and this range */
    public int check(String field, int value) {
        check(field, (double) value);
        return value;
    }

    /** "between 0 and 1", "at least 0". */
    @Override
    public String toString() {
        return max == Integer.MAX_VALUE || max == Float.MAX_VALUE
                ? "at least " + number(min)
                : "between " + number(min) + " and " + number(max);
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
