/* Results made from their parts. */

static int place_of(PyObject *op, Py_ssize_t *k) { /* of a row that the core knows, and which output it is; or OWN */
    PyObject *whole = PyObject_GetAttrString(op, "whole"), *output = PyObject_GetAttrString(op, "k");
    PyObject *place = whole ? PyDict_GetItemWithError(PLACES, whole) : NULL;
    *k = output && output != Py_None ? PyLong_AsSsize_t(output) : 0;
    Py_XDECREF(whole);
    Py_XDECREF(output);
    return place ? (int)PyLong_AsLong(place) : OWN;
}

static int fill(Node *v, int row, PyObject *operands, Py_ssize_t k) { /* with nodes, or families */
    int inputs = ROWS[row].inputs;
    for (int i = 0; i < inputs; i++) {
        PyObject *o = PyTuple_GET_ITEM(operands, i);
        v->moving |= (uint8_t)((Py_IS_TYPE(o, FAMILY) ? ((Family *)o)->moves : moves((Node *)o)) << i);
        if (ROWS[row].variadic) v->of.wide.family[i] = (Family *)Py_NewRef(o);
        else if (inputs < 3) v->of.narrow.parent[i] = (Node *)Py_NewRef(o), v->of.narrow.number[i] = ((Node *)o)->data;
    }
    if (inputs == 3 && !(v->of.wide.family[0] = (Family *)PyObject_CallOneArg((PyObject *)FAMILY, operands))) return -1;
    if (ROWS[row].families) v->of.wide.k = k, v->of.wide.own = NULL;
    v->row = (uint8_t)row;
    return 0;
}

static double forward(Node *v) {
    Vector x = vector(v, 0);
    return row_forward(v->row, x.size, ROWS[v->row].variadic ? v->of.wide.k : 0, x.numbers, vector(v, vectors(v) - 1).numbers);
}

/* make(cls, op, operands, numbers, z, own=None): a node of a row and its operands, nodes or families. Where numbers are
 * None they are those of now, and z may be None too: it is computed, and reported. The result is None where Python has to
 * make it: inside no_grad(), or of a row that the core does not know, unless its own parts are given. */
static PyObject *core_make(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *type, *op, *operands, *numbers, *z, *own = NULL;
    Py_ssize_t k = 0;
    if (!PyArg_ParseTuple(args, "OOO!OO|O", &type, &op, &PyTuple_Type, &operands, &numbers, &z, &own)) return NULL;
    int row = own || (PAUSED && numbers == Py_None) ? OWN : place_of(op, &k), in_slab = row != OWN;
    if (PyErr_Occurred()) return NULL;
    if (row == OWN && !own) Py_RETURN_NONE;
    if (PyTuple_GET_SIZE(operands) != ROWS[row].inputs)
        return PyErr_Format(PyExc_TypeError, "%s has %d inputs, not %zd", ROWS[row].name, ROWS[row].inputs, PyTuple_GET_SIZE(operands));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(operands); i++) {
        PyObject *o = PyTuple_GET_ITEM(operands, i);
        if (!PyObject_TypeCheck(o, ROWS[row].variadic ? FAMILY : NODE))
            return PyErr_Format(PyExc_TypeError, "%R is no operand of %s", o, ROWS[row].name);
        in_slab = in_slab && (Py_IS_TYPE(o, FAMILY) ? !PyObject_GC_IsTracked(o) : ((Node *)o)->is_in_slab);
    }
    int is_ours = type == (PyObject *)VALUE || type == (PyObject *)CONSTANT;
    Node *v = is_ours ? fresh((PyTypeObject *)type, LEAF, 0.0, in_slab) : (Node *)Node_new((PyTypeObject *)type, NULL, NULL);
    if (v && fill(v, row, operands, k) < 0) Py_CLEAR(v);
    if (!v) return NULL;
    if (own) v->of.wide.own = Py_NewRef(own);
    v->age = AGE;
    for (Py_ssize_t i = 0; numbers != Py_None && !ROWS[row].variadic && i + 1 < PyTuple_GET_SIZE(numbers); i++)
        vector(v, 0).numbers[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(numbers, i));
    v->data = z == Py_None ? forward(v) : PyFloat_AsDouble(z);
    if (PyErr_Occurred()) Py_CLEAR(v);
    return numbers == Py_None ? checked(v) : (PyObject *)v;
}
