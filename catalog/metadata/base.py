"""What every model of a document shares."""

from __future__ import annotations

from typing import Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)

#: Validation context that says: the value is in normal form already, take it as it is.
#: Compared by identity, because a look at a document should not cost a dict lookup per part.
NORMAL: Final[dict[str, bool]] = {"normal": True}

#: Name of the functions that look for older forms, by which `plain` finds them in a schema.
QUESTION: Final = "_read_any_form"


class Model(BaseModel):
    """A frozen part of a document that keeps unknown keys and writes no nulls.

    OME-Zarr treats an absent key and a null alike; what is written leaves nulls
    out, so that a document read and written again says the same.
    """

    model_config = ConfigDict(frozen=True, extra="allow", ser_json_inf_nan="constants")

    @model_validator(mode="before")
    @classmethod
    def _read_any_form(cls, value: object, info: ValidationInfo) -> object:
        return value if info.context is NORMAL else cls.normal_form(value)

    @classmethod
    def normal_form(cls, value: object) -> object:
        """Return what a document holds here in the form of OME-Zarr 0.6.

        A null is an absent key. Models whose shape differs between versions
        override this; a value in normal form comes back equal.
        """
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return value

    @model_serializer(mode="wrap")
    def _without_nulls(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        stated = self.model_fields_set
        # A list that nobody stated stays out too: 0.6 has no empty ones.
        return {
            key: value
            for key, value in handler(self).items()
            if value is not None
            and (key in stated or value or not isinstance(value, (tuple, list)))
        }
