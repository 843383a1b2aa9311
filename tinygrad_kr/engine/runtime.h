/* What the formulas of the table mean on doubles, as ieee.py has it for Python: for the compiled core, and for the C that a
 * tape is written as. Whoever takes it says what `Py_ssize_t`, `hypotenuse` and `SUM` are. */
#ifdef __GNUC__ /* the core is built with -fno-builtin: the library's functions are called as Python calls them */
#define absolute __builtin_fabs
#define square_root __builtin_sqrt
#else
#define absolute fabs
#define square_root sqrt
#endif
#define PI 3.141592653589793

static inline double sign(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; }

static inline double sigmoid(double x) {
    double small = exp(-absolute(x));
    return (x >= 0 ? 1.0 : small) / (1.0 + small);
}

static inline double maximum(double x, double y) { return x != x || y != y ? x + y : x >= y ? x : y; }

static inline double minimum(double x, double y) { return x != x || y != y ? x + y : x <= y ? x : y; }

static inline double power_of_two(double x) { return pow(2.0, x); }

static inline double cube_root(double x) {
    if (x == 0 || x - x != 0) return x;
    double root = copysign(pow(absolute(x), 1.0 / 3), x);
    return root - (root - x / (root * root)) / 3;
}

static inline double mod(double x, double y) { /* as float.__mod__ */
    if (y == 0) return NAN;
    double rest = fmod(x, y);
    if (rest == 0) return copysign(0.0, y);
    return (y < 0) != (rest < 0) ? rest + y : rest;
}

static inline double floordiv(double x, double y) { /* as float.__floordiv__ */
    if (y == 0) return x / y;
    double rest = fmod(x, y), quotient = (x - rest) / y;
    if (rest != 0 && (y < 0) != (rest < 0)) quotient -= 1.0;
    if (quotient == 0) return copysign(0.0, x / y);
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

#define EACH for (Py_ssize_t i = 0; i < n; i++)
#define PRODUCT(t, term) double t = 1.0; EACH t *= term
#define LARGEST(t, term) double t = -INFINITY; EACH { double x_ = term; if (x_ != x_) { t = x_; break; } if (x_ > t) t = x_; }
#define OTHERS(t, term)                                                                                                \
    double *t = room;                                                                                                  \
    {                                                                                                                  \
        double left = 1.0, right = 1.0;                                                                                \
        EACH { t[i] = left; left *= term; }                                                                            \
        for (Py_ssize_t i = n; i-- > 0;) { t[i] *= right; right *= term; }                                             \
    }
