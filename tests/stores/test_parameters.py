import numpy as np
import pytest
import zarr

from catalog.errors import DocumentError, StoreError
from catalog.stores.parameters import LARGEST_PARAMETERS, read_parameters
from catalog.stores.url import normalise

MATRIX = np.array([[1, 0, 5], [0, 2, 6]])


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", ">f8"])
def test_an_array_of_parameters_is_read_as_doubles(tmp_path, zarr_format, dtype):
    group = zarr.open_group(tmp_path, mode="w", zarr_format=zarr_format)
    array = group.create_array("a/b", shape=MATRIX.shape, dtype=dtype, chunks=(1, 2))
    array[...] = MATRIX
    values = read_parameters(normalise(str(tmp_path)), "a/b")
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, MATRIX)


def test_what_is_not_there_or_no_array(tmp_path):
    url = normalise(str(tmp_path))
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "zarr.json").write_text("{")
    with pytest.raises(StoreError, match="there are no parameters at"):
        read_parameters(url, "absent")
    with pytest.raises(StoreError, match="there are no parameters at"):
        read_parameters(url, "empty")
    with pytest.raises(DocumentError, match="cannot be opened"):
        read_parameters(url, "broken")
    with pytest.raises(StoreError, match="outside of the hierarchy"):
        read_parameters(f"{url}/empty", "../broken")


def test_an_array_of_data_is_no_parameter(tmp_path):
    zarr.create_array(tmp_path / "large", shape=(LARGEST_PARAMETERS + 1,), dtype="u1")
    with pytest.raises(DocumentError, match="too many"):
        read_parameters(normalise(str(tmp_path)), "large")


def test_unknown_codecs_are_named(tmp_path):
    zarr.create_array(tmp_path / "a", shape=(2, 3), dtype="f8")
    document = tmp_path / "a" / "zarr.json"
    document.write_text(document.read_text().replace('"zstd"', '"zzz"'))
    with pytest.raises(DocumentError, match="zzz"):
        read_parameters(normalise(str(tmp_path)), "a")


def test_a_folder_may_be_named_with_a_number_sign(tmp_path):
    folder = tmp_path / "sub#1"
    array = zarr.open_array(zarr.storage.LocalStore(folder), mode="w", shape=(2, 3), dtype="f8")
    array[...] = MATRIX
    np.testing.assert_array_equal(read_parameters(normalise(str(tmp_path)), "sub#1"), MATRIX)
