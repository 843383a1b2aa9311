/* Written by docs/make.py from the table, through targets/c.py; the operators and methods of a node. */
static PyObject *n_add(PyObject *l, PyObject *r) { return binary(l, r, R_add); }
static PyObject *n_sub(PyObject *l, PyObject *r) { return binary(l, r, R_sub); }
static PyObject *n_mul(PyObject *l, PyObject *r) { return binary(l, r, R_mul); }
static PyObject *n_div(PyObject *l, PyObject *r) { return binary(l, r, R_div); }
static PyObject *n_mod(PyObject *l, PyObject *r) { return binary(l, r, R_mod); }
static PyObject *n_floordiv(PyObject *l, PyObject *r) { return binary(l, r, R_floordiv); }
static PyObject *n_pow(PyObject *l, PyObject *r, PyObject *modulus) { if (modulus == Py_None) return binary(l, r, R_pow); Py_RETURN_NOTIMPLEMENTED; }
static PyObject *n_neg(PyObject *x) { return unary(x, R_neg); }
static PyObject *n_abs(PyObject *x) { return unary(x, R_abs); }
static PyObject *m_exp(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_exp); }
static PyObject *m_expm1(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_expm1); }
static PyObject *m_exp2(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_exp2); }
static PyObject *m_log(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_log); }
static PyObject *m_log1p(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_log1p); }
static PyObject *m_log2(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_log2); }
static PyObject *m_log10(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_log10); }
static PyObject *m_sqrt(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_sqrt); }
static PyObject *m_cbrt(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_cbrt); }
static PyObject *m_reciprocal(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_reciprocal); }
static PyObject *m_square(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_square); }
static PyObject *m_abs(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_abs); }
static PyObject *m_sign(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_sign); }
static PyObject *m_relu(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_relu); }
static PyObject *m_sigmoid(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_sigmoid); }
static PyObject *m_softplus(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_softplus); }
static PyObject *m_tanh(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_tanh); }
static PyObject *m_log_sigmoid(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_log_sigmoid); }
static PyObject *m_silu(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_silu); }
static PyObject *m_gelu(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_gelu); }
static PyObject *m_gelu_tanh(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_gelu_tanh); }
static PyObject *m_binary_cross_entropy_with_logits(PyObject *x, PyObject *y) { return binary(x, y, R_binary_cross_entropy_with_logits); }
static PyObject *m_sin(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_sin); }
static PyObject *m_cos(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_cos); }
static PyObject *m_tan(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_tan); }
static PyObject *m_asin(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_asin); }
static PyObject *m_acos(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_acos); }
static PyObject *m_atan(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_atan); }
static PyObject *m_atan2(PyObject *x, PyObject *y) { return binary(x, y, R_atan2); }
static PyObject *m_sinh(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_sinh); }
static PyObject *m_cosh(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_cosh); }
static PyObject *m_asinh(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_asinh); }
static PyObject *m_acosh(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_acosh); }
static PyObject *m_atanh(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_atanh); }
static PyObject *m_hypot(PyObject *x, PyObject *y) { return binary(x, y, R_hypot); }
static PyObject *m_erf(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_erf); }
static PyObject *m_erfc(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_erfc); }
static PyObject *m_copysign(PyObject *x, PyObject *y) { return binary(x, y, R_copysign); }
static PyObject *m_logaddexp(PyObject *x, PyObject *y) { return binary(x, y, R_logaddexp); }
static PyObject *m_floor(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_floor); }
static PyObject *m_ceil(PyObject *x, PyObject *Py_UNUSED(_)) { return unary(x, R_ceil); }
#define ROW_METHODS {"exp", m_exp, METH_NOARGS, "exp($self, /)\n--\n\nThe exponential, recorded: exp(x)."}, {"expm1", m_expm1, METH_NOARGS, "expm1($self, /)\n--\n\nThe exponential minus one, recorded: expm1(x)."}, {"exp2", m_exp2, METH_NOARGS, "exp2($self, /)\n--\n\nThe power of two, recorded: exp2(x)."}, {"log", m_log, METH_NOARGS, "log($self, /)\n--\n\nThe natural logarithm, recorded: log(x)."}, {"log1p", m_log1p, METH_NOARGS, "log1p($self, /)\n--\n\nThe logarithm of 1 + x, recorded: log1p(x)."}, {"log2", m_log2, METH_NOARGS, "log2($self, /)\n--\n\nThe base-2 logarithm, recorded: log2(x)."}, {"log10", m_log10, METH_NOARGS, "log10($self, /)\n--\n\nThe base-10 logarithm, recorded: log10(x)."}, {"sqrt", m_sqrt, METH_NOARGS, "sqrt($self, /)\n--\n\nThe square root, recorded: sqrt(x)."}, {"cbrt", m_cbrt, METH_NOARGS, "cbrt($self, /)\n--\n\nThe cube root, recorded: cbrt(x)."}, {"reciprocal", m_reciprocal, METH_NOARGS, "reciprocal($self, /)\n--\n\nThe reciprocal, recorded: 1 / x."}, {"square", m_square, METH_NOARGS, "square($self, /)\n--\n\nThe square, recorded: x * x."}, {"abs", m_abs, METH_NOARGS, "abs($self, /)\n--\n\nThe absolute value, recorded: abs(x)."}, {"absolute", m_abs, METH_NOARGS, "absolute($self, /)\n--\n\nThe absolute value, recorded: abs(x)."}, {"fabs", m_abs, METH_NOARGS, "fabs($self, /)\n--\n\nThe absolute value, recorded: abs(x)."}, {"sign", m_sign, METH_NOARGS, "sign($self, /)\n--\n\nThe sign, recorded: 1 if x > 0 else -1 if x < 0 else x."}, {"relu", m_relu, METH_NOARGS, "relu($self, /)\n--\n\nThe rectified linear unit, recorded: 0 if x <= 0 else x."}, {"sigmoid", m_sigmoid, METH_NOARGS, "sigmoid($self, /)\n--\n\nThe logistic sigmoid, recorded: 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))."}, {"softplus", m_softplus, METH_NOARGS, "softplus($self, /)\n--\n\nThe softplus, recorded: max(x, 0) + log1p(exp(-abs(x)))."}, {"tanh", m_tanh, METH_NOARGS, "tanh($self, /)\n--\n\nThe hyperbolic tangent, recorded: tanh(x)."}, {"log_sigmoid", m_log_sigmoid, METH_NOARGS, "log_sigmoid($self, /)\n--\n\nThe logarithm of the sigmoid, recorded: min(x, 0) - log1p(exp(-abs(x)))."}, {"silu", m_silu, METH_NOARGS, "silu($self, /)\n--\n\nThe sigmoid linear unit, recorded: x * sigmoid(x)."}, {"gelu", m_gelu, METH_NOARGS, "gelu($self, /)\n--\n\nThe Gaussian error linear unit, recorded: 0.5 * x * erfc(-x / sqrt(2))."}, {"gelu_tanh", m_gelu_tanh, METH_NOARGS, "gelu_tanh($self, /)\n--\n\nThe Gaussian error linear unit by a tanh, recorded: x * sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x))."}, {"binary_cross_entropy_with_logits", m_binary_cross_entropy_with_logits, METH_O, "binary_cross_entropy_with_logits($self, other, /)\n--\n\nThe binary cross-entropy of a logit, recorded: (x * (1 - y) if x > 0 else -x * y) + log1p(exp(-abs(x)))."}, {"sin", m_sin, METH_NOARGS, "sin($self, /)\n--\n\nThe sine, recorded: sin(x)."}, {"cos", m_cos, METH_NOARGS, "cos($self, /)\n--\n\nThe cosine, recorded: cos(x)."}, {"tan", m_tan, METH_NOARGS, "tan($self, /)\n--\n\nThe tangent, recorded: tan(x)."}, {"asin", m_asin, METH_NOARGS, "asin($self, /)\n--\n\nThe arcsine, recorded: asin(x)."}, {"arcsin", m_asin, METH_NOARGS, "arcsin($self, /)\n--\n\nThe arcsine, recorded: asin(x)."}, {"acos", m_acos, METH_NOARGS, "acos($self, /)\n--\n\nThe arccosine, recorded: acos(x)."}, {"arccos", m_acos, METH_NOARGS, "arccos($self, /)\n--\n\nThe arccosine, recorded: acos(x)."}, {"atan", m_atan, METH_NOARGS, "atan($self, /)\n--\n\nThe arctangent, recorded: atan(x)."}, {"arctan", m_atan, METH_NOARGS, "arctan($self, /)\n--\n\nThe arctangent, recorded: atan(x)."}, {"atan2", m_atan2, METH_O, "atan2($self, other, /)\n--\n\nThe two-argument arctangent, recorded: atan2(y, x)."}, {"arctan2", m_atan2, METH_O, "arctan2($self, other, /)\n--\n\nThe two-argument arctangent, recorded: atan2(y, x)."}, {"sinh", m_sinh, METH_NOARGS, "sinh($self, /)\n--\n\nThe hyperbolic sine, recorded: sinh(x)."}, {"cosh", m_cosh, METH_NOARGS, "cosh($self, /)\n--\n\nThe hyperbolic cosine, recorded: cosh(x)."}, {"asinh", m_asinh, METH_NOARGS, "asinh($self, /)\n--\n\nThe inverse hyperbolic sine, recorded: asinh(x)."}, {"arcsinh", m_asinh, METH_NOARGS, "arcsinh($self, /)\n--\n\nThe inverse hyperbolic sine, recorded: asinh(x)."}, {"acosh", m_acosh, METH_NOARGS, "acosh($self, /)\n--\n\nThe inverse hyperbolic cosine, recorded: acosh(x)."}, {"arccosh", m_acosh, METH_NOARGS, "arccosh($self, /)\n--\n\nThe inverse hyperbolic cosine, recorded: acosh(x)."}, {"atanh", m_atanh, METH_NOARGS, "atanh($self, /)\n--\n\nThe inverse hyperbolic tangent, recorded: atanh(x)."}, {"arctanh", m_atanh, METH_NOARGS, "arctanh($self, /)\n--\n\nThe inverse hyperbolic tangent, recorded: atanh(x)."}, {"hypot", m_hypot, METH_O, "hypot($self, other, /)\n--\n\nThe hypotenuse, recorded: hypot(x, y)."}, {"erf", m_erf, METH_NOARGS, "erf($self, /)\n--\n\nThe error function, recorded: erf(x)."}, {"erfc", m_erfc, METH_NOARGS, "erfc($self, /)\n--\n\nThe complementary error function, recorded: erfc(x)."}, {"copysign", m_copysign, METH_O, "copysign($self, other, /)\n--\n\nThe magnitude with the sign of another, recorded: copysign(x, y)."}, {"logaddexp", m_logaddexp, METH_O, "logaddexp($self, other, /)\n--\n\nThe logarithm of a sum of two exponentials, recorded: x + log(2) if x == y else max(x, y) + log1p(exp(-abs(x - y)))."}, {"floor", m_floor, METH_NOARGS, "floor($self, /)\n--\n\nThe floor, recorded: floor(x)."}, {"ceil", m_ceil, METH_NOARGS, "ceil($self, /)\n--\n\nThe ceiling, recorded: ceil(x)."},
#define ROW_SLOTS {Py_nb_add, (void *)n_add}, {Py_nb_subtract, (void *)n_sub}, {Py_nb_multiply, (void *)n_mul}, {Py_nb_true_divide, (void *)n_div}, {Py_nb_remainder, (void *)n_mod}, {Py_nb_floor_divide, (void *)n_floordiv}, {Py_nb_power, (void *)n_pow}, {Py_nb_negative, (void *)n_neg}, {Py_nb_absolute, (void *)n_abs},
