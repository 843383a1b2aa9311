/* Operators on the operands that are met most: Values, constants and plain numbers. */

/* A result that is inf or nan is reported: a warning, or an error under strict(). */
static PyObject *checked(Node *v) {
    if (!v || v->data - v->data == 0.0) return (PyObject *)v;
    PyObject *done = NULL, *parents = Node_parents(v, NULL);
    if (parents) done = ASK("report", "sOd", ROWS[v->row].name, parents, v->data);
    if (!done) Py_CLEAR(v);
    Py_XDECREF(parents);
    Py_XDECREF(done);
    return (PyObject *)v;
}

/* What an operator meets most: a Value, a constant, a float or an int. */
static inline int take(PyObject *o, Node **node, double *number, int *is_moving) {
    *node = NULL, *is_moving = 0;
    if (IS_PLAIN(o)) *node = (Node *)o, *number = (*node)->data, *is_moving = Py_TYPE(o) == VALUE;
    else if (PyFloat_CheckExact(o)) *number = PyFloat_AS_DOUBLE(o);
    else if (!PyLong_CheckExact(o)) return 0;
    else if ((*number = PyLong_AsDouble(o)) == -1.0 && PyErr_Occurred()) return PyErr_Clear(), 0;
    return 1;
}

/* Inside no_grad() a result is a constant; whether this thread is inside, Python knows. Nothing: let it do the rest. */
static PyObject *unrecorded(double z) {
    PyObject *answer = z - z == 0.0 && !WATCHED ? ASK("is_recording", NULL) : NULL;
    int is_constant = answer == Py_False;
    Py_XDECREF(answer);
    return is_constant ? (PyObject *)leaf(CONSTANT, z) : NULL;
}

static inline PyObject *unary(PyObject *o, int row) {
    int is_known = OPS[row] && Py_TYPE(o) == VALUE;
    PyObject *number = is_known && PAUSED ? unrecorded(forward1(row, ((Node *)o)->data)) : NULL;
    if (number || (PAUSED && PyErr_Occurred())) return number;
    if (!is_known || PAUSED) return ASK("operate", "sO", ROWS[row].name, o);
    Node *a = (Node *)o, *v = fresh(VALUE, row, forward1(row, a->data), a->is_in_slab);
    if (!v) return NULL;
    Py_INCREF(a);
    v->of.narrow.parent[0] = a, v->of.narrow.number[0] = a->data, v->moving = 1;
    return v->data - v->data == 0.0 ? (PyObject *)v : checked(v);
}

static inline PyObject *binary(PyObject *l, PyObject *r, int row) {
    Node *a, *b;
    double x, y;
    int first, second, is_known = OPS[row] && take(l, &a, &x, &first) && take(r, &b, &y, &second);
    PyObject *number = is_known && PAUSED ? unrecorded(forward2(row, x, y)) : NULL;
    if (number || (PAUSED && PyErr_Occurred())) return number;
    if (!is_known || PAUSED) return ASK("operate", "sOO", ROWS[row].name, l, r);
    Node *v = fresh(VALUE, row, forward2(row, x, y), (!a || a->is_in_slab) && (!b || b->is_in_slab));
    if (!v) return NULL;
    Py_XINCREF(a);
    Py_XINCREF(b);
    v->of.narrow.parent[0] = a, v->of.narrow.parent[1] = b, v->of.narrow.number[0] = x, v->of.narrow.number[1] = y;
    v->moving = (uint8_t)(first | second << 1);
    return v->data - v->data == 0.0 ? (PyObject *)v : checked(v);
}

/* A function of one row, for Python: function(x) or function(x, y). */
static PyObject *call_row(PyObject *place, PyObject *const *operands, Py_ssize_t count) {
    int row = (int)PyLong_AsLong(place), inputs = ROWS[row].inputs;
    if (count == 1 && inputs == 1) return unary(operands[0], row);
    if (count == 2 && inputs == 2) return binary(operands[0], operands[1], row);
    return PyErr_Format(PyExc_TypeError, "%s takes %d operands, not %zd", ROWS[row].name, inputs, count);
}
