/* What the core has of its own beside runtime.h: math.hypot, and sums that are rounded once, as in Python. */
#if defined(__FAST_MATH__) || (defined(_M_FP_FAST))
#error "the compiled core needs IEEE 754 arithmetic; build it without -ffast-math"
#endif
#include "../runtime.h"

static PyObject *HYPOT; /* math.hypot, which is CPython's own and not the C library's */

static double hypotenuse(double x, double y) {
    PyObject *pair[2] = {PyFloat_FromDouble(x), PyFloat_FromDouble(y)};
    PyObject *result = pair[0] && pair[1] ? PyObject_Vectorcall(HYPOT, pair, 2, NULL) : NULL;
    double z = result ? PyFloat_AS_DOUBLE(result) : NAN;
    Py_XDECREF(pair[0]);
    Py_XDECREF(pair[1]);
    Py_XDECREF(result);
    return z;
}

/* ── Sums, rounded once, as math.fsum ──────────────────────────────────────────────────────────────────── */

typedef struct { double sum, rest, size; } Quick; /* a compensated sum, what was rounded off, and the size of that */

static inline void quick_add(Quick *q, double x) {
    double sum = q->sum + x, part = sum - q->sum, off = (q->sum - (sum - part)) + (x - part);
    q->sum = sum;
    q->rest += off;
    q->size += absolute(off);
}

/* Whether the sum of n terms is certain: `rest` is off by less than `slack`, and either way the sum rounds to z. */
static inline int quick_end(const Quick *q, Py_ssize_t n, double *z) {
    double slack = 4.440892098500626e-16 * (double)n * q->size;
    *z = q->sum + q->rest;
    return q->sum - q->sum == 0 && q->sum + (q->rest - slack) == q->sum + (q->rest + slack);
}

/* Shewchuk's partial sums, which do not overlap: there are fewer than the bits of the range of doubles. */
typedef struct { int count, special; double part[2100]; } Exact;

static void exact_add(Exact *e, double x) {
    if (e->special) return;
    int kept = 0;
    for (int j = 0; j < e->count; j++) {
        double y = e->part[j];
        if (absolute(x) < absolute(y)) { double t = x; x = y; y = t; }
        double high = x + y, low = y - (high - x);
        if (low != 0) e->part[kept++] = low;
        x = high;
    }
    if (x - x != 0) e->special = 1; /* an infinity, a nan or an overflow */
    else if (x != 0) e->part[kept++] = x;
    e->count = kept;
}

static double exact_end(const Exact *e) {
    if (!e->count) return 0.0;
    int n = e->count - 1;
    double high = e->part[n], low = 0.0;
    while (n > 0) {
        double x = high, y = e->part[--n];
        high = x + y;
        low = y - (high - x);
        if (low != 0) break;
    }
    /* half way between two doubles, what is left decides which is nearer */
    if (n > 0 && ((low < 0 && e->part[n - 1] < 0) || (low > 0 && e->part[n - 1] > 0))) {
        double twice = low * 2.0, other = high + twice;
        if (twice == other - high) high = other;
    }
    return high;
}

#define SUM(t, term)                                                                                                   \
    double t;                                                                                                          \
    {                                                                                                                  \
        Quick quick = {0, 0, 0};                                                                                       \
        EACH quick_add(&quick, term);                                                                                  \
        if (!quick_end(&quick, n, &t)) {                                                                               \
            Exact exact;                                                                                               \
            exact.count = exact.special = 0;                                                                           \
            EACH exact_add(&exact, term);                                                                              \
            t = exact_end(&exact);                                                                                     \
            if (exact.special) { t = 0; EACH t += term; }                                                              \
        }                                                                                                              \
    }
