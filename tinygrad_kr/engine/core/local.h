/* The local derivative of a row. */

/* Of a row, whose inputs begin at x and, of a second family, at y; c has room for one family more. */
static inline void row_backward(int row, double g, Py_ssize_t n, Py_ssize_t k, const double *x, const double *y, double z,
                                int wanted, double *c) {
    int inputs = ROWS[row].inputs;
    if (ROWS[row].variadic) backward_wide(row, g, n, k, x, y, z, wanted, c, c + n, c + inputs * n);
    else if (inputs == 1) backward1(row, g, x[0], z, wanted, c);
    else if (inputs == 2) backward2(row, g, x[0], x[1], z, wanted, c);
    else if (inputs == 3) backward3(row, g, x[0], x[1], x[2], z, wanted, c);
}

static inline double row_forward(int row, Py_ssize_t n, Py_ssize_t k, const double *x, const double *y) {
    int inputs = ROWS[row].inputs;
    if (ROWS[row].variadic) return forward_wide(row, n, k, x, y);
    return inputs == 1 ? forward1(row, x[0]) : inputs == 2 ? forward2(row, x[0], x[1]) : forward3(row, x[0], x[1], x[2]);
}

static inline void contributions(Node *v, double g, double *c) {
    Vector x = vector(v, 0);
    int is_wide = ROWS[v->row].variadic;
    row_backward(v->row, g, x.size, is_wide ? v->of.wide.k : 0, x.numbers, vector(v, vectors(v) - 1).numbers, v->data,
                 v->moving, c);
}

static double *contributed(Node *v, double g) { /* the same in new memory */
    double *c = PyMem_Calloc((size_t)(width(v) + vector(v, 0).size + 1), sizeof *c);
    if (c) contributions(v, g, c);
    return c ? c : (double *)PyErr_NoMemory();
}

static PyObject *Node_vjp(PyObject *o, PyObject *upstream) {
    Node *v = (Node *)o;
    double g = PyFloat_AsDouble(upstream);
    if (g == -1.0 && PyErr_Occurred()) return NULL;
    if (v->row == OWN) return ASK("own_vjp", "Od", v->of.wide.own, g);
    double *c = contributed(v, g);
    PyObject *result = c ? PyTuple_New(width(v)) : NULL;
    for (Py_ssize_t k = 0; result && k < width(v); k++) PyTuple_SET_ITEM(result, k, PyFloat_FromDouble(c[k] + 0.0));
    PyMem_Free(c);
    return result;
}
