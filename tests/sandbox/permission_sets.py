"""The elements of a permission set, as small as a test needs them."""


def of_user(*names: str) -> str:
    """User permissions, such as `EditTask`."""
    return "".join(
        f"<userPermissions><enabled>true</enabled><name>{name}</name></userPermissions>"
        for name in names
    )


def on_object(name: str, *may: str) -> str:
    """Object permissions, such as `allowRead`."""
    granted = "".join(f"<{one}>true</{one}>" for one in may)
    return f"<objectPermissions>{granted}<object>{name}</object></objectPermissions>"


def on_fields(*names: str, editable: bool = False) -> str:
    """Fields that can be read, or edited as well."""
    written = str(editable).lower()
    return "".join(
        f"<fieldPermissions><editable>{written}</editable><field>{name}</field>"
        "<readable>true</readable></fieldPermissions>"
        for name in names
    )
