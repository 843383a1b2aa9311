/* What Python sees of a node, and sets. */

static int number_of(PyObject *o, const char *asked, double *number) {
    PyObject *given = PyFloat_CheckExact(o) ? Py_NewRef(o) : ASK(asked, "(O)", o);
    if (given) *number = PyFloat_AsDouble(given);
    Py_XDECREF(given);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *Node_families(Node *v, void *Py_UNUSED(_)) {
    Family **f = v->of.wide.family;
    if (v->row == OWN) return ASK("own_families", "(O)", v->of.wide.own);
    if (!ROWS[v->row].variadic) return PyTuple_New(0);
    return vectors(v) > 1 ? PyTuple_Pack(2, f[0], f[1]) : PyTuple_Pack(1, f[0]);
}

static PyObject *Node_numbers(Node *v, void *Py_UNUSED(_)) {
    if (v->row == OWN) return Py_NewRef(PyTuple_GET_ITEM(v->of.wide.own, 2));
    if (!ROWS[v->row].binds) return PyTuple_New(0);
    int inputs = ROWS[v->row].inputs;
    PyObject *numbers = PyTuple_New(inputs + 1);
    for (int j = 0; numbers && j < inputs; j++)
        PyTuple_SET_ITEM(numbers, j, ROWS[v->row].variadic ? Family_numbers(v->of.wide.family[j], NULL)
                                                           : PyFloat_FromDouble(vector(v, 0).numbers[j]));
    if (numbers) PyTuple_SET_ITEM(numbers, inputs, PyFloat_FromDouble(v->data));
    return numbers;
}

/* What a node was computed from, as formulas take it: a number that nobody named and that does not move as a float. Python
 * has the sentence for a leaf that was set since, and knows operations of its own. */
static PyObject *core_operands(PyObject *Py_UNUSED(_), PyObject *o) {
    if (!PyObject_TypeCheck(o, NODE)) return PyErr_Format(PyExc_TypeError, "a graph has Values, not %R", o);
    Node *v = (Node *)o;
    int is_known = v->row != OWN && !WATCHED;
    PyObject *given = is_known ? PyList_New(width(v)) : NULL;
    for (Py_ssize_t at = 0; given && at < width(v); at++) {
        Vector x = vector(v, (int)(at / vector(v, 0).size));
        Node *node = x.nodes[at % x.size];
        double bound = x.numbers[at % x.size], data = node && node->row == LEAF ? node->data : bound;
        if (data != bound && ROWS[v->row].binds) is_known = 0;
        int is_number = !node || (node->row == LEAF && !node->name && !moves(node));
        PyList_SET_ITEM(given, at, is_number ? PyFloat_FromDouble(data) : Py_NewRef(node));
    }
    if (is_known) return given;
    Py_XDECREF(given);
    return ASK("operands_by_python", "(O)", v);
}

static PyObject *Node_op(Node *v, void *Py_UNUSED(_)) {
    if (v->row == LEAF) Py_RETURN_NONE;
    if (v->row == OWN) return Py_NewRef(PyTuple_GET_ITEM(v->of.wide.own, 0));
    return ROWS[v->row].outputs ? PyObject_CallMethod(OPS[v->row], "output", "n", v->of.wide.k) : Py_NewRef(OPS[v->row]);
}

static PyObject *Node_age(Node *v, void *Py_UNUSED(_)) {
    return v->row == LEAF ? PyErr_Format(PyExc_AttributeError, "a leaf has no age") : PyLong_FromLongLong(v->age);
}

static PyObject *Node_data(Node *v, void *Py_UNUSED(_)) {
    if (WATCHED) { /* a tape is recorded, in some thread */
        PyObject *allowed = ASK("read", "(O)", v);
        if (!allowed) return NULL;
        Py_DECREF(allowed);
    }
    return PyFloat_FromDouble(v->data);
}

static int Node_set_data(Node *v, PyObject *number, void *Py_UNUSED(_)) {
    if (v->row == LEAF && number) return number_of(number, "as_data", &v->data);
    Py_XDECREF(ASK("refuse_data", "(O)", v));
    return -1;
}

static PyObject *Node_grad(Node *v, void *Py_UNUSED(_)) {
    return v->has_grad ? PyFloat_FromDouble(v->grad) : Py_NewRef(Py_None);
}

static int Node_set_grad(Node *v, PyObject *number, void *Py_UNUSED(_)) {
    int is_none = !number || number == Py_None;
    if (!is_none && number_of(number, "as_grad", &v->grad) < 0) return -1;
    v->has_grad = !is_none;
    return 0;
}

static PyObject *Node_name(Node *v, void *Py_UNUSED(_)) { return Py_NewRef(v->name ? v->name : Py_None); }

static int Node_set_name(Node *v, PyObject *name, void *Py_UNUSED(_)) {
    PyObject *given = !name || name == Py_None ? NULL : ASK("name_of", "(O)", name);
    if (!given && PyErr_Occurred()) return -1;
    Py_XSETREF(v->name, given ? PyUnicode_FromObject(given) : NULL); /* a str itself, which refers to nothing */
    Py_XDECREF(given);
    return 0;
}

static PyObject *Node_class(Node *v, void *Py_UNUSED(_)) { return Py_NewRef((PyObject *)Py_TYPE(v)); }

/* A class that can be set is one of the same layout; a node in a slab is freed in our way whatever its class. */
static int Node_set_class(Node *v, PyObject *type, void *Py_UNUSED(_)) {
    if (Py_TYPE(SET_CLASS)->tp_descr_set(SET_CLASS, (PyObject *)v, type) < 0) return -1;
    Py_TYPE(v)->tp_dealloc = (destructor)Node_dealloc;
    return 0;
}

static PyObject *Node_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs)) {
    if (type == VALUE || type == CONSTANT) return (PyObject *)leaf(type, 0.0);
    Node *v = (Node *)type->tp_alloc(type, 0); /* zeros: a leaf in no slab */
    if (v) LIVE++;
    return (PyObject *)v;
}

static int Node_init(Node *v, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"data", "name", "label", "requires_grad", NULL};
    PyObject *data = NULL, *name = NULL, *label = NULL, *requires_grad = Py_None;
    Node *dying = NULL;
    if (!kwargs && PyTuple_GET_SIZE(args) == 1) data = PyTuple_GET_ITEM(args, 0);
    else if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOO:Value", names, &data, &name, &label, &requires_grad))
        return -1;
    if (label && label != Py_None) name = label;
    int wanted = requires_grad == Py_None ? 1 : PyObject_IsTrue(requires_grad);
    if (wanted < 0) return -1;
    if (!wanted) {
        PyObject *answer = ASK("refuse_constant", "(O)", data);
        Py_XDECREF(answer);
        return -1;
    }
    if (number_of(data, "as_leaf", &v->data) < 0 || (name && Node_set_name(v, name, NULL) < 0)) return -1;
    forget(v, &dying);
    bury(dying);
    v->has_grad = 0;
    return 0;
}
