/* Written by docs/make.py from the table, through targets/c.py: the compiled core's rows. */

enum { LEAF, R_add, R_sub, R_mul, R_div, R_mod, R_floordiv, R_neg, R_pow, R_exp, R_expm1, R_exp2, R_log, R_log1p, R_log2, R_log10, R_sqrt, R_cbrt, R_reciprocal, R_square, R_abs, R_sign, R_relu, R_leaky_relu, R_clip, R_sigmoid, R_softplus, R_tanh, R_log_sigmoid, R_silu, R_elu, R_gelu, R_gelu_tanh, R_huber, R_binary_cross_entropy_with_logits, R_sin, R_cos, R_tan, R_asin, R_acos, R_atan, R_atan2, R_sinh, R_cosh, R_asinh, R_acosh, R_atanh, R_hypot, R_erf, R_erfc, R_copysign, R_logaddexp, R_min, R_max, R_where, R_floor, R_ceil, R_sum, R_prod, R_dot, R_mean, R_logsumexp, R_softmax, R_log_softmax, R_cross_entropy, R_kl_divergence, OWN };

/* A row's name and formulas, its inputs, whether they take any number of operands, how many families a node holds,
   whether the local derivative binds numbers, whether there is one output a class. The last stands for all operations
   that only Python knows: their operands are one family. */
static const struct { const char *name, *text; int inputs, variadic, families, binds, outputs; } ROWS[] = {
    {"", "", 0, 0, 0, 0, 0},
    {"add", "x, y; x + y; 1; 1", 2, 0, 0, 0, 0},
    {"sub", "x, y; x - y; 1; -1", 2, 0, 0, 0, 0},
    {"mul", "x, y; x * y; y; x", 2, 0, 0, 1, 0},
    {"div", "x, y; x / y; 1 / y; -z / y", 2, 0, 0, 1, 0},
    {"mod", "x, y; x % y; 1; -(x // y)", 2, 0, 0, 1, 0},
    {"floordiv", "x, y; x // y; 0; 0", 2, 0, 0, 0, 0},
    {"neg", "x; -x; -1", 1, 0, 0, 0, 0},
    {"pow", "x, y; x ** y; 0 if y == 0 and not 0 < abs(x) < inf or z == 0 and abs(y) > 9e15 else y / x * z if (y < 0.01 or y > 9e15) and 0 < abs(x) < inf else y * x ** (y - 1); 0 if x == 0 and y >= 0 else z * log(x)", 2, 0, 0, 1, 0},
    {"exp", "x; exp(x); z", 1, 0, 0, 1, 0},
    {"expm1", "x; expm1(x); exp(x)", 1, 0, 0, 1, 0},
    {"exp2", "x; exp2(x); 2 * log(2) * exp2(x - 1) if 1024 <= x < 1025 else z * log(2)", 1, 0, 0, 1, 0},
    {"log", "x; log(x); 1 / x", 1, 0, 0, 1, 0},
    {"log1p", "x; log1p(x); 1 / (1 + x)", 1, 0, 0, 1, 0},
    {"log2", "x; log2(x); 1 / (x * log(2))", 1, 0, 0, 1, 0},
    {"log10", "x; log10(x); 1 / x / log(10) if x > 1 else 1 / (x * log(10))", 1, 0, 0, 1, 0},
    {"sqrt", "x; sqrt(x); 1 / (2 * z)", 1, 0, 0, 1, 0},
    {"cbrt", "x; cbrt(x); 1 / z / z / 3", 1, 0, 0, 1, 0},
    {"reciprocal", "x; 1 / x; -z * z", 1, 0, 0, 1, 0},
    {"square", "x; x * x; 2 * x", 1, 0, 0, 1, 0},
    {"abs", "x; abs(x); sign(x)", 1, 0, 0, 1, 0},
    {"sign", "x; 1 if x > 0 else -1 if x < 0 else x; 0", 1, 0, 0, 0, 0},
    {"relu", "x; 0 if x <= 0 else x; 0 if x <= 0 else 1", 1, 0, 0, 1, 0},
    {"leaky_relu", "x, y; x if x > 0 else x * y; 1 if x > 0 else y; 0 if x > 0 else x", 2, 0, 0, 1, 0},
    {"clip", "x, a, b; min(max(x, a), b); 1 if a <= x and x <= b else 0; 1 if x < a and a <= b else 0; 1 if b < x or b < a else 0", 3, 0, 1, 1, 0},
    {"sigmoid", "x; 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x)); exp(-abs(x)) if abs(x) > 40 else 0.25 / cosh(x / 2) ** 2", 1, 0, 0, 1, 0},
    {"softplus", "x; max(x, 0) + log1p(exp(-abs(x))); sigmoid(x)", 1, 0, 0, 1, 0},
    {"tanh", "x; tanh(x); 4 * exp(-2 * abs(x)) if abs(x) > 20 else 1 / cosh(x) ** 2", 1, 0, 0, 1, 0},
    {"log_sigmoid", "x; min(x, 0) - log1p(exp(-abs(x))); sigmoid(-x)", 1, 0, 0, 1, 0},
    {"silu", "x; x * sigmoid(x); sigmoid(x) * (1 + x * sigmoid(-x))", 1, 0, 0, 1, 0},
    {"elu", "x, y; y * expm1(x) if x < 0 else x; y * exp(x) if x <= 0 else 1; expm1(x) if x < 0 else 0", 2, 0, 0, 1, 0},
    {"gelu", "x; 0.5 * x * erfc(-x / sqrt(2)); 0.5 * erfc(-x / sqrt(2)) + (0 if 40 < abs(x) < inf else x * exp(-0.5 * x * x) / sqrt(2 * pi))", 1, 0, 0, 1, 0},
    {"gelu_tanh", "x; x * sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x)); (1 if x > 0 else 0) if 25 < abs(x) < inf else sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x)) * (1 + x * sqrt(8 / pi) * (1 + 0.134145 * x * x) * sigmoid(-sqrt(8 / pi) * (x + 0.044715 * x * x * x)))", 1, 0, 0, 1, 0},
    {"huber", "x, y; 0.5 * x * x if abs(x) < y else y * (abs(x) - 0.5 * y); x if abs(x) < y else y * sign(x); 0 if abs(x) < y else abs(x) - y", 2, 0, 0, 1, 0},
    {"binary_cross_entropy_with_logits", "x, y; (x * (1 - y) if x > 0 else -x * y) + log1p(exp(-abs(x))); 1 - y - sigmoid(-x) if x > 0 else sigmoid(x) - y; -x", 2, 0, 0, 1, 0},
    {"sin", "x; sin(x); cos(x)", 1, 0, 0, 1, 0},
    {"cos", "x; cos(x); -sin(x)", 1, 0, 0, 1, 0},
    {"tan", "x; tan(x); 1 + z * z", 1, 0, 0, 1, 0},
    {"asin", "x; asin(x); 1 / sqrt((1 - x) * (1 + x) if 0.5 < abs(x) < 1 else 1 - x * x)", 1, 0, 0, 1, 0},
    {"acos", "x; acos(x); -1 / sqrt((1 - x) * (1 + x) if 0.5 < abs(x) < 1 else 1 - x * x)", 1, 0, 0, 1, 0},
    {"atan", "x; atan(x); 1 / x / x if abs(x) > 1e8 else 1 / (1 + x * x)", 1, 0, 0, 1, 0},
    {"atan2", "y, x; atan2(y, x); 0 if x == 0 and y == 0 else 1 / x / (1 + (y / x) ** 2) if abs(y) < abs(x) else x / y / y / (1 + (x / y) ** 2); 0 if x == 0 and y == 0 else -y / x / x / (1 + (y / x) ** 2) if abs(y) < abs(x) else -1 / y / (1 + (x / y) ** 2)", 2, 0, 0, 1, 0},
    {"sinh", "x; sinh(x); cosh(x)", 1, 0, 0, 1, 0},
    {"cosh", "x; cosh(x); sinh(x)", 1, 0, 0, 1, 0},
    {"asinh", "x; asinh(x); 1 / hypot(1, x)", 1, 0, 0, 1, 0},
    {"acosh", "x; acosh(x); 1 / (sqrt(x - 1) * sqrt(x + 1)) if x > 1 else 1 / sqrt(2 * (x - 1))", 1, 0, 0, 1, 0},
    {"atanh", "x; atanh(x); 1 / ((1 - x) * (1 + x) if 0.5 < abs(x) < 1 else 1 - x * x)", 1, 0, 0, 1, 0},
    {"hypot", "x, y; hypot(x, y); sign(x) / sqrt(1 + (y / x) ** 2) if abs(y) < abs(x) < inf else x / abs(y) / sqrt(1 + (x / y) ** 2); sign(y) / sqrt(1 + (x / y) ** 2) if abs(x) < abs(y) < inf else y / abs(x) / sqrt(1 + (y / x) ** 2)", 2, 0, 0, 1, 0},
    {"erf", "x; erf(x); 0 if abs(x) > 40 else 2 * exp(-x * x) / sqrt(pi)", 1, 0, 0, 1, 0},
    {"erfc", "x; erfc(x); 0 if abs(x) > 40 else -2 * exp(-x * x) / sqrt(pi)", 1, 0, 0, 1, 0},
    {"copysign", "x, y; copysign(x, y); sign(x) * sign(z); 0", 2, 0, 0, 1, 0},
    {"logaddexp", "x, y; x + log(2) if x == y else max(x, y) + log1p(exp(-abs(x - y))); sigmoid(x - y); sigmoid(y - x)", 2, 0, 0, 1, 0},
    {"min", "x, y; min(x, y); 0 if x > y else 0.5 if x == y else 1; 0 if y > x else 0.5 if x == y else 1", 2, 0, 0, 1, 0},
    {"max", "x, y; max(x, y); 0 if x < y else 0.5 if x == y else 1; 0 if y < x else 0.5 if x == y else 1", 2, 0, 0, 1, 0},
    {"where", "c, x, y; x if c != 0 else y; 0; 1 if c != 0 else 0; 0 if c != 0 else 1", 3, 0, 1, 1, 0},
    {"floor", "x; floor(x); 0", 1, 0, 0, 0, 0},
    {"ceil", "x; ceil(x); 0", 1, 0, 0, 0, 0},
    {"sum", "*x; sum(x); 1", 1, 1, 1, 1, 0},
    {"prod", "*x; prod(x); prod_of_others(x)", 1, 1, 1, 1, 0},
    {"dot", "*x, *y; sum(x * y); y; x", 2, 1, 2, 1, 0},
    {"mean", "*x; sum(x) / n; 1 / n", 1, 1, 1, 1, 0},
    {"logsumexp", "*x; max(x) if abs(max(x)) == inf else max(x) + log1p(sum(1 if x == max(x) else 0) - 1 + sum(0 if x == max(x) else exp(x - max(x)))); 0 if z == inf and x < z else exp(x - max(x)) / sum(exp(x - max(x)))", 1, 1, 1, 1, 0},
    {"softmax", "*x; exp(x[k] - max(x)) / sum(exp(x - max(x))); z * sum(0 if i == k else exp(x - max(x))) / sum(exp(x - max(x))) if i == k else -z * exp(x - max(x)) / sum(exp(x - max(x)))", 1, 1, 1, 1, 1},
    {"log_softmax", "*x; x[k] - max(x) - log1p(sum(1 if x == max(x) else 0) - 1 + sum(0 if x == max(x) else exp(x - max(x)))); sum(0 if i == k else exp(x - max(x))) / sum(exp(x - max(x))) if i == k else -exp(x - max(x)) / sum(exp(x - max(x)))", 1, 1, 1, 1, 1},
    {"cross_entropy", "*x, *y; -sum(0 if y == 0 else y * log(x)); 0 if y == 0 and not x > 0 else -y / x; -log(x)", 2, 1, 2, 1, 0},
    {"kl_divergence", "*x, *y; sum(0 if x == 0 else x * (log1p((x - y) / y) if abs(x - y) < 0.5 * y else log(x / y) if y > 0 and 1e-9 < x / y < 1e9 else log(x) - log(y))); 1 + (log(x / y) if 1e-90 < y < 1e90 and 1e-9 < x / y < 1e9 else log(x) - log(y)); 0 if x == 0 else -x / y", 2, 1, 2, 1, 0},
    {"", "", 1, 1, 1, 1, 0},
};

static inline double forward1(int row, double v0) {
    switch (row) {
    case R_neg: { return -v0; }
    case R_exp: { return exp(v0); }
    case R_expm1: { return expm1(v0); }
    case R_exp2: { return power_of_two(v0); }
    case R_log: { return log(v0); }
    case R_log1p: { return log1p(v0); }
    case R_log2: { return log2(v0); }
    case R_log10: { return log10(v0); }
    case R_sqrt: { return square_root(v0); }
    case R_cbrt: { return cube_root(v0); }
    case R_reciprocal: { return 1.0 / v0; }
    case R_square: { return v0 * v0; }
    case R_abs: { return absolute(v0); }
    case R_sign: { return v0 > 0.0 ? 1.0 : v0 < 0.0 ? -1.0 : v0; }
    case R_relu: { return v0 <= 0.0 ? 0.0 : v0; }
    case R_sigmoid: { return v0 >= 0.0 ? 1.0 / (1.0 + exp(-v0)) : exp(v0) / (1.0 + exp(v0)); }
    case R_softplus: { return maximum(v0, 0.0) + log1p(exp(-absolute(v0))); }
    case R_tanh: { return tanh(v0); }
    case R_log_sigmoid: { return minimum(v0, 0.0) - log1p(exp(-absolute(v0))); }
    case R_silu: { return v0 * sigmoid(v0); }
    case R_gelu: { return 0.5 * v0 * erfc(-v0 / square_root(2.0)); }
    case R_gelu_tanh: { return v0 * sigmoid(square_root(8.0 / PI) * (v0 + 0.044715 * v0 * v0 * v0)); }
    case R_sin: { return sin(v0); }
    case R_cos: { return cos(v0); }
    case R_tan: { return tan(v0); }
    case R_asin: { return asin(v0); }
    case R_acos: { return acos(v0); }
    case R_atan: { return atan(v0); }
    case R_sinh: { return sinh(v0); }
    case R_cosh: { return cosh(v0); }
    case R_asinh: { return asinh(v0); }
    case R_acosh: { return acosh(v0); }
    case R_atanh: { return atanh(v0); }
    case R_erf: { return erf(v0); }
    case R_erfc: { return erfc(v0); }
    case R_floor: { return floor(v0); }
    case R_ceil: { return ceil(v0); }
    }
    return NAN;
}

static inline void backward1(int row, double g, double v0, double z, int m, double *c) {
    switch (row) {
    case R_neg: { if (m & 1) c[0] = -g; break; }
    case R_exp: { if (m & 1) c[0] = g * z; break; }
    case R_expm1: { if (m & 1) c[0] = g * exp(v0); break; }
    case R_exp2: { if (m & 1) c[0] = g * (1024.0 <= v0 && v0 < 1025.0 ? 2.0 * log(2.0) * power_of_two(v0 - 1.0) : z * log(2.0)); break; }
    case R_log: { if (m & 1) c[0] = g / v0; break; }
    case R_log1p: { if (m & 1) c[0] = g / (1.0 + v0); break; }
    case R_log2: { if (m & 1) c[0] = g / (v0 * log(2.0)); break; }
    case R_log10: { if (m & 1) c[0] = g * (v0 > 1.0 ? 1.0 / v0 / log(10.0) : 1.0 / (v0 * log(10.0))); break; }
    case R_sqrt: { if (m & 1) c[0] = g / (2.0 * z); break; }
    case R_cbrt: { if (m & 1) c[0] = g * (1.0 / z / z / 3.0); break; }
    case R_reciprocal: { if (m & 1) c[0] = g * (-z * z); break; }
    case R_square: { if (m & 1) c[0] = g * (2.0 * v0); break; }
    case R_abs: { if (m & 1) c[0] = g * sign(v0); break; }
    case R_sign: { if (m & 1) c[0] = 0.0; break; }
    case R_relu: { if (m & 1) c[0] = g * (v0 <= 0.0 ? 0.0 : 1.0); break; }
    case R_sigmoid: { if (m & 1) c[0] = g * (absolute(v0) > 40.0 ? exp(-absolute(v0)) : 0.25 / pow(cosh(v0 / 2.0), 2.0)); break; }
    case R_softplus: { if (m & 1) c[0] = g * sigmoid(v0); break; }
    case R_tanh: { if (m & 1) c[0] = g * (absolute(v0) > 20.0 ? 4.0 * exp(-2.0 * absolute(v0)) : 1.0 / pow(cosh(v0), 2.0)); break; }
    case R_log_sigmoid: { if (m & 1) c[0] = g * sigmoid(-v0); break; }
    case R_silu: { if (m & 1) c[0] = g * (sigmoid(v0) * (1.0 + v0 * sigmoid(-v0))); break; }
    case R_gelu: { if (m & 1) c[0] = g * (0.5 * erfc(-v0 / square_root(2.0)) + (40.0 < absolute(v0) && absolute(v0) < INFINITY ? 0.0 : v0 * exp(-0.5 * v0 * v0) / square_root(2.0 * PI))); break; }
    case R_gelu_tanh: { if (m & 1) c[0] = g * (25.0 < absolute(v0) && absolute(v0) < INFINITY ? (v0 > 0.0 ? 1.0 : 0.0) : sigmoid(square_root(8.0 / PI) * (v0 + 0.044715 * v0 * v0 * v0)) * (1.0 + v0 * square_root(8.0 / PI) * (1.0 + 0.134145 * v0 * v0) * sigmoid(-square_root(8.0 / PI) * (v0 + 0.044715 * v0 * v0 * v0)))); break; }
    case R_sin: { if (m & 1) c[0] = g * cos(v0); break; }
    case R_cos: { if (m & 1) c[0] = g * -sin(v0); break; }
    case R_tan: { if (m & 1) c[0] = g * (1.0 + z * z); break; }
    case R_asin: { if (m & 1) c[0] = g / square_root(0.5 < absolute(v0) && absolute(v0) < 1.0 ? (1.0 - v0) * (1.0 + v0) : 1.0 - v0 * v0); break; }
    case R_acos: { if (m & 1) c[0] = g * (-1.0 / square_root(0.5 < absolute(v0) && absolute(v0) < 1.0 ? (1.0 - v0) * (1.0 + v0) : 1.0 - v0 * v0)); break; }
    case R_atan: { if (m & 1) c[0] = g * (absolute(v0) > 100000000.0 ? 1.0 / v0 / v0 : 1.0 / (1.0 + v0 * v0)); break; }
    case R_sinh: { if (m & 1) c[0] = g * cosh(v0); break; }
    case R_cosh: { if (m & 1) c[0] = g * sinh(v0); break; }
    case R_asinh: { if (m & 1) c[0] = g / hypotenuse(1.0, v0); break; }
    case R_acosh: { if (m & 1) c[0] = g * (v0 > 1.0 ? 1.0 / (square_root(v0 - 1.0) * square_root(v0 + 1.0)) : 1.0 / square_root(2.0 * (v0 - 1.0))); break; }
    case R_atanh: { if (m & 1) c[0] = g / (0.5 < absolute(v0) && absolute(v0) < 1.0 ? (1.0 - v0) * (1.0 + v0) : 1.0 - v0 * v0); break; }
    case R_erf: { if (m & 1) c[0] = g * (absolute(v0) > 40.0 ? 0.0 : 2.0 * exp(-v0 * v0) / square_root(PI)); break; }
    case R_erfc: { if (m & 1) c[0] = g * (absolute(v0) > 40.0 ? 0.0 : -2.0 * exp(-v0 * v0) / square_root(PI)); break; }
    case R_floor: { if (m & 1) c[0] = 0.0; break; }
    case R_ceil: { if (m & 1) c[0] = 0.0; break; }
    }
}

static inline double forward2(int row, double v0, double v1) {
    switch (row) {
    case R_add: { return v0 + v1; }
    case R_sub: { return v0 - v1; }
    case R_mul: { return v0 * v1; }
    case R_div: { return v0 / v1; }
    case R_mod: { return mod(v0, v1); }
    case R_floordiv: { return floordiv(v0, v1); }
    case R_pow: { return pow(v0, v1); }
    case R_leaky_relu: { return v0 > 0.0 ? v0 : v0 * v1; }
    case R_elu: { return v0 < 0.0 ? v1 * expm1(v0) : v0; }
    case R_huber: { return absolute(v0) < v1 ? 0.5 * v0 * v0 : v1 * (absolute(v0) - 0.5 * v1); }
    case R_binary_cross_entropy_with_logits: { return (v0 > 0.0 ? v0 * (1.0 - v1) : -v0 * v1) + log1p(exp(-absolute(v0))); }
    case R_atan2: { return atan2(v0, v1); }
    case R_hypot: { return hypotenuse(v0, v1); }
    case R_copysign: { return copysign(v0, v1); }
    case R_logaddexp: { return v0 == v1 ? v0 + log(2.0) : maximum(v0, v1) + log1p(exp(-absolute(v0 - v1))); }
    case R_min: { return minimum(v0, v1); }
    case R_max: { return maximum(v0, v1); }
    }
    return NAN;
}

static inline void backward2(int row, double g, double v0, double v1, double z, int m, double *c) {
    switch (row) {
    case R_add: { if (m & 1) c[0] = g; if (m & 2) c[1] = g; break; }
    case R_sub: { if (m & 1) c[0] = g; if (m & 2) c[1] = -g; break; }
    case R_mul: { if (m & 1) c[0] = g * v1; if (m & 2) c[1] = g * v0; break; }
    case R_div: { if (m & 1) c[0] = g / v1; if (m & 2) c[1] = g * (-z / v1); break; }
    case R_mod: { if (m & 1) c[0] = g; if (m & 2) c[1] = g * -floordiv(v0, v1); break; }
    case R_floordiv: { if (m & 1) c[0] = 0.0; if (m & 2) c[1] = 0.0; break; }
    case R_pow: { if (m & 1) c[0] = g * ((v1 == 0.0 && !(0.0 < absolute(v0) && absolute(v0) < INFINITY)) || (z == 0.0 && absolute(v1) > 9000000000000000.0) ? 0.0 : (v1 < 0.01 || v1 > 9000000000000000.0) && (0.0 < absolute(v0) && absolute(v0) < INFINITY) ? v1 / v0 * z : v1 * pow(v0, v1 - 1.0)); if (m & 2) c[1] = g * (v0 == 0.0 && v1 >= 0.0 ? 0.0 : z * log(v0)); break; }
    case R_leaky_relu: { if (m & 1) c[0] = g * (v0 > 0.0 ? 1.0 : v1); if (m & 2) c[1] = g * (v0 > 0.0 ? 0.0 : v0); break; }
    case R_elu: { if (m & 1) c[0] = g * (v0 <= 0.0 ? v1 * exp(v0) : 1.0); if (m & 2) c[1] = g * (v0 < 0.0 ? expm1(v0) : 0.0); break; }
    case R_huber: { if (m & 1) c[0] = g * (absolute(v0) < v1 ? v0 : v1 * sign(v0)); if (m & 2) c[1] = g * (absolute(v0) < v1 ? 0.0 : absolute(v0) - v1); break; }
    case R_binary_cross_entropy_with_logits: { if (m & 1) c[0] = g * (v0 > 0.0 ? 1.0 - v1 - sigmoid(-v0) : sigmoid(v0) - v1); if (m & 2) c[1] = g * -v0; break; }
    case R_atan2: { if (m & 1) c[0] = g * (v1 == 0.0 && v0 == 0.0 ? 0.0 : absolute(v0) < absolute(v1) ? 1.0 / v1 / (1.0 + pow(v0 / v1, 2.0)) : v1 / v0 / v0 / (1.0 + pow(v1 / v0, 2.0))); if (m & 2) c[1] = g * (v1 == 0.0 && v0 == 0.0 ? 0.0 : absolute(v0) < absolute(v1) ? -v0 / v1 / v1 / (1.0 + pow(v0 / v1, 2.0)) : -1.0 / v0 / (1.0 + pow(v1 / v0, 2.0))); break; }
    case R_hypot: { if (m & 1) c[0] = g * (absolute(v1) < absolute(v0) && absolute(v0) < INFINITY ? sign(v0) / square_root(1.0 + pow(v1 / v0, 2.0)) : v0 / absolute(v1) / square_root(1.0 + pow(v0 / v1, 2.0))); if (m & 2) c[1] = g * (absolute(v0) < absolute(v1) && absolute(v1) < INFINITY ? sign(v1) / square_root(1.0 + pow(v0 / v1, 2.0)) : v1 / absolute(v0) / square_root(1.0 + pow(v1 / v0, 2.0))); break; }
    case R_copysign: { if (m & 1) c[0] = g * (sign(v0) * sign(z)); if (m & 2) c[1] = 0.0; break; }
    case R_logaddexp: { if (m & 1) c[0] = g * sigmoid(v0 - v1); if (m & 2) c[1] = g * sigmoid(v1 - v0); break; }
    case R_min: { if (m & 1) c[0] = g * (v0 > v1 ? 0.0 : v0 == v1 ? 0.5 : 1.0); if (m & 2) c[1] = g * (v1 > v0 ? 0.0 : v0 == v1 ? 0.5 : 1.0); break; }
    case R_max: { if (m & 1) c[0] = g * (v0 < v1 ? 0.0 : v0 == v1 ? 0.5 : 1.0); if (m & 2) c[1] = g * (v1 < v0 ? 0.0 : v0 == v1 ? 0.5 : 1.0); break; }
    }
}

static inline double forward3(int row, double v0, double v1, double v2) {
    switch (row) {
    case R_clip: { return minimum(maximum(v0, v1), v2); }
    case R_where: { return v0 != 0.0 ? v1 : v2; }
    }
    return NAN;
}

static inline void backward3(int row, double g, double v0, double v1, double v2, double z, int m, double *c) {
    (void)z;
    switch (row) {
    case R_clip: { if (m & 1) c[0] = g * (v1 <= v0 && v0 <= v2 ? 1.0 : 0.0); if (m & 2) c[1] = g * (v0 < v1 && v1 <= v2 ? 1.0 : 0.0); if (m & 4) c[2] = g * (v2 < v0 || v2 < v1 ? 1.0 : 0.0); break; }
    case R_where: { if (m & 1) c[0] = 0.0; if (m & 2) c[1] = g * (v0 != 0.0 ? 1.0 : 0.0); if (m & 4) c[2] = g * (v0 != 0.0 ? 0.0 : 1.0); break; }
    }
}

static inline double forward_wide(int row, Py_ssize_t n, Py_ssize_t k, const double *v0, const double *v1) {
    switch (row) {
    case R_sum: { SUM(t0, v0[i]); return t0; }
    case R_prod: { PRODUCT(t0, v0[i]); return t0; }
    case R_dot: { SUM(t0, v0[i] * v1[i]); return t0; }
    case R_mean: { SUM(t0, v0[i]); return t0 / (double)n; }
    case R_logsumexp: { LARGEST(t0, v0[i]); SUM(t1, v0[i] == t0 ? 1.0 : 0.0); SUM(t2, v0[i] == t0 ? 0.0 : exp(v0[i] - t0)); return absolute(t0) == INFINITY ? t0 : t0 + log1p(t1 - 1.0 + t2); }
    case R_softmax: { LARGEST(t0, v0[i]); SUM(t1, exp(v0[i] - t0)); return exp(v0[k] - t0) / t1; }
    case R_log_softmax: { LARGEST(t0, v0[i]); SUM(t1, v0[i] == t0 ? 1.0 : 0.0); SUM(t2, v0[i] == t0 ? 0.0 : exp(v0[i] - t0)); return v0[k] - t0 - log1p(t1 - 1.0 + t2); }
    case R_cross_entropy: { SUM(t0, v1[i] == 0.0 ? 0.0 : v1[i] * log(v0[i])); return -t0; }
    case R_kl_divergence: { SUM(t0, v0[i] == 0.0 ? 0.0 : v0[i] * (absolute(v0[i] - v1[i]) < 0.5 * v1[i] ? log1p((v0[i] - v1[i]) / v1[i]) : v1[i] > 0.0 && (1e-09 < v0[i] / v1[i] && v0[i] / v1[i] < 1000000000.0) ? log(v0[i] / v1[i]) : log(v0[i]) - log(v1[i]))); return t0; }
    }
    return NAN;
}

static inline void backward_wide(int row, double g, Py_ssize_t n, Py_ssize_t k, const double *v0, const double *v1, double z, int m, double *c0, double *c1, double *room) {
    (void)room;
    switch (row) {
    case R_sum: { if (m & 1) { EACH c0[i] = g; } break; }
    case R_prod: { if (m & 1) { OTHERS(t0, v0[i]); EACH c0[i] = g * t0[i]; } break; }
    case R_dot: { if (m & 1) { EACH c0[i] = g * v1[i]; } if (m & 2) { EACH c1[i] = g * v0[i]; } break; }
    case R_mean: { if (m & 1) { EACH c0[i] = g / (double)n; } break; }
    case R_logsumexp: { if (m & 1) { LARGEST(t0, v0[i]); SUM(t1, exp(v0[i] - t0)); EACH c0[i] = g * (z == INFINITY && v0[i] < z ? 0.0 : exp(v0[i] - t0) / t1); } break; }
    case R_softmax: { if (m & 1) { LARGEST(t0, v0[i]); SUM(t1, i == k ? 0.0 : exp(v0[i] - t0)); SUM(t2, exp(v0[i] - t0)); EACH c0[i] = g * (i == k ? z * t1 / t2 : -z * exp(v0[i] - t0) / t2); } break; }
    case R_log_softmax: { if (m & 1) { LARGEST(t0, v0[i]); SUM(t1, i == k ? 0.0 : exp(v0[i] - t0)); SUM(t2, exp(v0[i] - t0)); EACH c0[i] = g * (i == k ? t1 / t2 : -exp(v0[i] - t0) / t2); } break; }
    case R_cross_entropy: { if (m & 1) { EACH c0[i] = g * (v1[i] == 0.0 && !(v0[i] > 0.0) ? 0.0 : -v1[i] / v0[i]); } if (m & 2) { EACH c1[i] = g * -log(v0[i]); } break; }
    case R_kl_divergence: { if (m & 1) { EACH c0[i] = g * (1.0 + ((1e-90 < v1[i] && v1[i] < 1e+90) && (1e-09 < v0[i] / v1[i] && v0[i] / v1[i] < 1000000000.0) ? log(v0[i] / v1[i]) : log(v0[i]) - log(v1[i]))); } if (m & 2) { EACH c1[i] = g * (v0[i] == 0.0 ? 0.0 : -v0[i] / v1[i]); } break; }
    }
}
