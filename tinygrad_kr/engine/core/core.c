/* The compiled core: nodes of the graph, the rows of the table on doubles, and the sweeps, as node.py, graph.py and the
 * operators of value.py have them for Python. Results and all derivatives are the same to the bit.
 *
 * What is common runs here: Values, constants and plain numbers, rows that rows.h knows. Everything else (subclasses,
 * arrays, no_grad, operations of one's own) and every sentence is asked of Python (asked.py). */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#include "ieee.h"
#include "rows.h"
#include "node.h"
#include "record.h"
#include "family.h"
#include "freeing.h"
#include "local.h"
#include "sweep.h"
#include "carry.h"
#include "attributes.h"
#include "made.h"
#include "arrays.h"

static PyMethodDef CALL_ROW = {"operation", (PyCFunction)(void *)call_row, METH_FASTCALL, "A row of the table, recorded."};

/* setup(asked.py, Value, Constant, {name: (row, text)}): the rows that the core knows, as functions on Values. */
static PyObject *core_setup(PyObject *Py_UNUSED(_), PyObject *args) {
    PyObject *asked, *value, *constant, *rows, *known = PyDict_New();
    if (!PyArg_ParseTuple(args, "OO!O!O!", &asked, &PyType_Type, &value, &PyType_Type, &constant, &PyDict_Type, &rows) || !known)
        return NULL;
    ASKED = Py_NewRef(asked), PLACES = PyDict_New();
    VALUE = (PyTypeObject *)Py_NewRef(value), CONSTANT = (PyTypeObject *)Py_NewRef(constant);
    VALUE->tp_dealloc = CONSTANT->tp_dealloc = (destructor)Node_dealloc;
    for (int row = LEAF + 1; row < OWN; row++) {
        PyObject *pair = PyDict_GetItemString(rows, ROWS[row].name), *place = PyLong_FromLong(row);
        OPS[row] = NULL;
        if (!pair || PyUnicode_CompareWithASCIIString(PyTuple_GetItem(pair, 1), ROWS[row].text)) continue;
        OPS[row] = Py_NewRef(PyTuple_GetItem(pair, 0));
        PyDict_SetItem(PLACES, OPS[row], place);
        PyDict_SetItemString(known, ROWS[row].name, PyCFunction_New(&CALL_ROW, place));
    }
    return PyErr_Occurred() ? NULL : known;
}

/* clock(age, pauses, stricts, watched): what modes.py says of the present. */
static PyObject *core_clock(PyObject *Py_UNUSED(_), PyObject *args) {
    if (!PyArg_ParseTuple(args, "Liip", &AGE, &PAUSED, &STRICT, &WATCHED)) return NULL;
    Py_RETURN_NONE;
}

static PyObject *core_memory(PyObject *Py_UNUSED(_), PyObject *Py_UNUSED(args)) {
    return Py_BuildValue("{snsnsnsn}", "nodes", LIVE, "node_bytes", (Py_ssize_t)sizeof(Node), "slab_bytes",
                         SLABS * SLAB_BYTES, "spare_bytes", SPARES * SLAB_BYTES);
}

#include "methods.h"

static PyMethodDef NODE_METHODS[] = {
    ROW_METHODS {"vjp", Node_vjp, METH_O, "vjp($self, upstream, /)\n--\n\nThe local derivative: a contribution per parent."},
    {NULL, NULL, 0, NULL}};
#define ATTRIBUTE(name, setter, doc) {#name, (getter)Node_##name, setter, doc, NULL}
static PyGetSetDef NODE_ATTRIBUTES[] = {
    ATTRIBUTE(data, (setter)Node_set_data, "The number."),
    ATTRIBUTE(grad, (setter)Node_set_grad, "The derivative of the output that backward() was last called on, or None."),
    ATTRIBUTE(name, (setter)Node_set_name, "What the value is called in pictures and messages."),
    ATTRIBUTE(op, NULL, "The row of the table that computed it; None for a leaf."),
    ATTRIBUTE(parents, NULL, "The operands, in the order written (x * x has two)."),
    ATTRIBUTE(families, NULL, "The operand vectors of a row with ``*x``; nothing for other rows."),
    ATTRIBUTE(numbers, NULL, "What the forward pass bound: the number of each input, and the result."),
    ATTRIBUTE(age, NULL, "When it was recorded, by the clock of modes.py."),
    {"__class__", (getter)Node_class, (setter)Node_set_class, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyMemberDef NODE_MEMBERS[] = {{"__weaklistoffset__", T_PYSSIZET, offsetof(Node, weak), READONLY, NULL}, {NULL, 0, 0, 0, NULL}};
static PyType_Slot NODE_SLOTS[] = {
    ROW_SLOTS {Py_tp_new, (void *)Node_new}, {Py_tp_init, (void *)Node_init}, {Py_tp_dealloc, (void *)Node_dealloc},
    {Py_tp_traverse, (void *)Node_traverse}, {Py_tp_is_gc, (void *)Node_is_gc}, {Py_tp_methods, NODE_METHODS},
    {Py_tp_getset, NODE_ATTRIBUTES}, {Py_tp_members, NODE_MEMBERS},
    {Py_tp_doc, (void *)"Node(data, name=None)\n--\n\nA node of a graph, in C."}, {0, NULL}};
static PyType_Spec NODE_SPEC = {"tinygrad_kr.engine._core.Node", sizeof(Node), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, NODE_SLOTS};

static PyGetSetDef FAMILY_ATTRIBUTES[] = {{"nodes", (getter)Family_nodes, NULL, "The operands in order.", NULL},
    {"numbers", (getter)Family_numbers, NULL, "The number of each at that moment.", NULL},
    {"moves", (getter)Family_moves, NULL, "Whether any gets a gradient.", NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot FAMILY_SLOTS[] = {
    {Py_tp_new, (void *)Family_new}, {Py_tp_dealloc, (void *)Family_dealloc}, {Py_tp_traverse, (void *)Family_traverse},
    {Py_tp_repr, (void *)Family_repr}, {Py_tp_getset, FAMILY_ATTRIBUTES},
    {Py_tp_doc, (void *)"Family(nodes, numbers=None)\n--\n\nAn operand vector that many nodes share."}, {0, NULL}};
static PyType_Spec FAMILY_SPEC = {"tinygrad_kr.engine._core.Family", offsetof(Family, nodes), sizeof(Node *) + sizeof(double),
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, FAMILY_SLOTS};

static PyMethodDef FUNCTIONS[] = {
    {"setup", core_setup, METH_VARARGS, "The rows that the core knows, as functions; see asked.py."},
    {"clock", core_clock, METH_VARARGS, "What modes.py says of the present."},
    {"make", core_make, METH_VARARGS, "A node of a row and its operands; see node.py."},
    {"operands", core_operands, METH_O, "As operands() of node.py."},
    {"ordered", core_ordered, METH_VARARGS, "Nodes as walk() and topological() of graph.py order them."},
    {"carry", core_carry, METH_VARARGS, "As pull_back() and push_forward() of graph.py, where it can be done here."},
    {"has_outside", core_has_outside, METH_VARARGS, "As has_outside() of graph.py."},
    {"differentiate", core_differentiate, METH_VARARGS, "The whole sweep of backward(), where it can be done here."},
    {"dependents", core_dependents, METH_VARARGS, "As dependents() of graph.py."},
    {"replay", core_replay, METH_VARARGS, "A row over arrays, forwards or backwards; see arrays.h."},
    {"memory", core_memory, METH_NOARGS, "How many nodes live, and the bytes of their slabs."}, {NULL, NULL, 0, NULL}};

static int execute(PyObject *module) {
    PyObject *math = PyImport_ImportModule("math");
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) /* there is one clock, and one set of slabs */
        return PyErr_Format(PyExc_ImportError, "the compiled core serves the main interpreter only"), -1;
    PyObject *attributes = PyObject_GetAttrString((PyObject *)&PyBaseObject_Type, "__dict__");
    if (math && attributes && !NODE) {
        SET_CLASS = PyMapping_GetItemString(attributes, "__class__");
        PyObject_GetArenaAllocator(&ARENA);
        HYPOT = PyObject_GetAttrString(math, "hypot");
        NODE = (PyTypeObject *)PyType_FromSpec(&NODE_SPEC), FAMILY = (PyTypeObject *)PyType_FromSpec(&FAMILY_SPEC);
    }
    Py_XDECREF(math);
    Py_XDECREF(attributes);
    if (!SET_CLASS || !HYPOT || !NODE || !FAMILY || PyModule_AddObjectRef(module, "Node", (PyObject *)NODE) < 0) return -1;
    return PyModule_AddObjectRef(module, "Family", (PyObject *)FAMILY);
}

static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};
static PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_core", "The compiled core.", 0, FUNCTIONS, SLOTS, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&MODULE); }
