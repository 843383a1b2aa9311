/* Families: operand vectors that many nodes share. */

static int take_member(Family *f, Py_ssize_t i, PyObject *o) {
    int is_moving;
    PyObject *made = NULL;
    if (take(o, &f->nodes[i], &f->numbers[i], &is_moving)) Py_XINCREF(f->nodes[i]);
    else if (!(made = ASK("as_node", "(O)", o))) return -1;
    if (made) f->nodes[i] = (Node *)made, f->numbers[i] = f->nodes[i]->data, is_moving = moves(f->nodes[i]);
    f->moves |= is_moving;
    return f->nodes[i] && !f->nodes[i]->is_in_slab; /* the collector has to look */
}

static PyObject *Family_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs)) {
    PyObject *nodes, *numbers = Py_None;
    if (!PyArg_ParseTuple(args, "O!|O", &PyTuple_Type, &nodes, &numbers)) return NULL;
    if (!PyList_Check(numbers)) numbers = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(nodes);
    Family *f = PyObject_GC_NewVar(Family, type, n);
    if (!f) return NULL;
    f->mark = 0, f->moves = 0, f->list = Py_XNewRef(numbers), f->numbers = (double *)(f->nodes + n);
    memset(f->nodes, 0, (size_t)n * sizeof(Node *));
    int looked = 0;
    for (Py_ssize_t i = 0; i < n && looked >= 0; i++) {
        int one = take_member(f, i, PyTuple_GET_ITEM(nodes, i));
        looked = one < 0 ? -1 : looked | one;
        if (numbers && one >= 0) f->numbers[i] = PyFloat_AsDouble(PyList_GET_ITEM(numbers, i));
    }
    if (looked > 0) PyObject_GC_Track(f);
    if (looked < 0 || PyErr_Occurred()) Py_CLEAR(f);
    return (PyObject *)f;
}

static PyObject *Family_nodes(Family *f, void *Py_UNUSED(_)) {
    return tuple_of(&(Vector){f->nodes, f->numbers, Py_SIZE(f)}, 1);
}

static PyObject *Family_numbers(Family *f, void *Py_UNUSED(_)) {
    if (!f->list && (f->list = PyList_New(Py_SIZE(f))))
        for (Py_ssize_t i = 0; i < Py_SIZE(f); i++) PyList_SET_ITEM(f->list, i, PyFloat_FromDouble(f->numbers[i]));
    return Py_XNewRef(f->list);
}

static PyObject *Family_moves(Family *f, void *Py_UNUSED(_)) { return PyBool_FromLong(f->moves); }

static PyObject *Family_repr(Family *f) { return ASK("family_text", "(N)", Family_nodes(f, NULL)); }

static int Family_traverse(Family *f, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(f));
    for (Py_ssize_t i = 0; i < Py_SIZE(f); i++) Py_VISIT(f->nodes[i]);
    return 0;
}
